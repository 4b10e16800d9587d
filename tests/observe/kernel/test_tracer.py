"""One bpftrace for several processes: each is told what is its own, and the last one ends it."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Sequence

import pytest

from locktrace.errors import KernelViewError
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.engine import Engine
from locktrace.observe.kernel.records import Ended, Lost, Pending, Tally, Waited
from locktrace.observe.kernel.tracer import Following, Tracer

ONE, OTHER = 41, 42
GIL = (0x1000, 0x2000)


class Script(Engine):
    """Says what it is told to; a list of lines is one turn."""

    def __init__(self, program: str, arguments: Sequence[int]) -> None:
        self.arguments = arguments
        self.turns: deque[list[bytes]] = deque([[printed(f"began 5 {self.pid}")]])
        self.closed = False

    @property
    def pid(self) -> int:
        return 9

    def lines(self, timeout: float) -> list[bytes]:
        return self.turns.popleft() if self.turns else []

    def close(self) -> None:
        self.closed = True


def printed(text: str) -> bytes:
    return json.dumps({"type": "printf", "data": text + "\n"}).encode()


def waiting(**rows: list[int]) -> bytes:
    table = {key.strip("_").replace("_", ","): row for key, row in rows.items()}
    return json.dumps({"type": "map", "data": {"@waiting": table}}).encode()


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    monkeypatch.setattr(preflight, "check", lambda: "bpftrace")
    return Tracer(start=Script)


def script(tracer: Tracer) -> Script:
    engine = tracer._engine
    assert isinstance(engine, Script)
    return engine


@pytest.fixture
def followed(tracer: Tracer) -> tuple[Following, Following]:
    for pid in (ONE, OTHER):
        script(tracer).turns.append([printed(f"follows {pid} {pid * 100}")])
    return tracer.follow(ONE, GIL, False), tracer.follow(OTHER, GIL, True)


def test_bpftrace_is_told_who_we_are_and_says_when_a_process_is_followed(
    tracer: Tracer, followed: tuple[Following, Following]
) -> None:
    assert script(tracer).arguments[0] == os.getpid()
    assert [each.since_ns for each in followed] == [ONE * 100, OTHER * 100]
    assert tracer.crowd == 2


def test_each_process_hears_of_itself_and_all_of_what_was_lost(
    tracer: Tracer, followed: tuple[Following, Following]
) -> None:
    one, other = followed
    lost = b'{"type": "lost_events", "data": {"events": 7}}'
    script(tracer).turns.append(
        [printed("wait 41 7 4096 1 9 8 0"), printed("ended 42 6"), printed("ended 43 1"), lost]
    )
    assert tracer.receive(one, 0) == [Waited(ONE, 7, 4096, 1, 9, 8, 0), Lost(7)]
    assert tracer.receive(other, 0) == [Ended(OTHER, 6), Lost(7)]


def test_a_table_that_is_not_printed_is_empty(
    tracer: Tracer, followed: tuple[Following, Following]
) -> None:
    script(tracer).turns.append([waiting(_41_7=[5, 6, 0]), printed("at 100")])
    script(tracer).turns.append([printed("at 200")])
    [before] = tracer.receive(followed[0], 1.0)
    [after] = tracer.receive(followed[0], 1.0)
    assert before == Tally(100, {7: Pending(5, 6, 0)}, {}, {}, 0, 0)
    assert after == Tally(200, {}, {}, {}, 0, 0)


def test_the_last_one_that_is_left_ends_bpftrace(
    tracer: Tracer, followed: tuple[Following, Following]
) -> None:
    tracer.leave(followed[0])
    tracer.leave(followed[0])
    assert not script(tracer).closed
    tracer.leave(followed[1])
    assert script(tracer).closed


def test_once_it_fails_everybody_is_told_the_same(
    tracer: Tracer, followed: tuple[Following, Following]
) -> None:
    script(tracer).turns.append([b"nonsense"])
    for each in followed:
        with pytest.raises(KernelViewError, match="nonsense"):
            tracer.receive(each, 0)


def test_a_bpftrace_that_counts_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "check", lambda: "bpftrace")

    class Elsewhere(Script):
        def lines(self, timeout: float) -> list[bytes]:
            return [printed("began 5 777")]

    with pytest.raises(KernelViewError, match="counts processes as the host does"):
        Tracer(start=Elsewhere)
