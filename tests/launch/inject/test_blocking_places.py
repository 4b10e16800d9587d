"""Attached and detached at every place where a program blocks, it ends as its twin does.

ATTACH_ROUNDS is how often each is attached to (2), ATTACH_EVERY_PYTHON=1 does all on each CPython,
and not a few once.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.support import Target, attached, builds, running

ROUNDS = int(os.environ.get("ATTACH_ROUNDS", "2"))
EVERY = os.environ.get("ATTACH_EVERY_PYTHON") == "1"
PLACES = [
    "nanosleep", "sleep", "poll", "poll_with_limit", "select_", "epoll", "epoll_with_limit", "read",
    "recv", "accept", "waitpid", "join", "condition", "condition_with_limit", "lock",
    "lock_with_limit", "rlock", "queue_get", "event_loop", "spinning", "spinning_in_c",
]  # fmt: skip
FEW = ["nanosleep", "epoll", "lock", "lock_with_limit", "spinning"]


def ending(target: Target) -> tuple[int, str, str]:
    """What the program says and how it ends, once it is let go."""
    target.tell("go on")
    return target.finish()


def visited(place: str, python: str, rounds: int) -> tuple[int, str, str]:
    with running("blocking", place, python=python, trace=False) as target:
        target.expect("ready")
        for _ in range(rounds):
            with attached(target.pid) as source:
                assert source.process.core == "c"
        return ending(target)


def undisturbed(place: str, python: str) -> tuple[int, str, str]:
    with running("blocking", place, python=python, trace=False) as target:
        target.expect("ready")
        return ending(target)


def visits() -> list[tuple[str, str, int]]:
    """Version, place, how often; a run that is cut short has seen some places on each Python."""
    own = sys.version.split()[0]
    return [
        (version, place, ROUNDS if EVERY or version == own else 1)
        for place in PLACES
        for version in sorted(builds())
        if EVERY or version == own or place in FEW
    ]


@pytest.mark.timeout(300 + 30 * ROUNDS)
@pytest.mark.parametrize(("version", "place", "rounds"), visits())
def test_a_program_that_was_attached_to_ends_as_its_twin(
    version: str, place: str, rounds: int
) -> None:
    python = builds()[version]
    assert visited(place, python, rounds) == undisturbed(place, python)
