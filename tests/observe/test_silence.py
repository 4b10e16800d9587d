"""What a silent target told last, put right by what is seen of it from outside."""

from __future__ import annotations

from locktrace.model import Actor, Lock, Mode, Present, Process, Snapshot, ThreadStack, Wait
from locktrace.observe.silence import corrected

JOBS = Lock(1, "Queue", "jobs", rate=80.0)
FETCHER, PARSER = Actor(2, "fetcher", native_id=20), Actor(3, "parser", native_id=30)
LAST_WORD = Snapshot(
    Process(10, 0.0, "3.11.7", "c", ()),
    taken_ns=9,
    taken_at=9.0,
    locks={1: JOBS},
    actors={2: FETCHER, 3: PARSER},
    waits=tuple(Wait(id, 1, Mode.EXCLUSIVE, id, (), 5) for id in (2, 3)),
)


def seen(*threads: ThreadStack) -> Snapshot:
    return corrected(LAST_WORD, Present(9, threads))


def test_who_has_the_gil_waits_no_longer_and_the_others_do() -> None:
    snapshot = seen(ThreadStack(20, "fetcher", ()), ThreadStack(30, "parser", (), owns_gil=True))
    assert [wait.actor for wait in snapshot.waits] == [FETCHER.id]


def test_where_nobody_is_seen_with_the_gil_all_that_was_told_stays() -> None:
    assert seen(ThreadStack(20, "fetcher", ())).waits == LAST_WORD.waits
    assert seen().waits == LAST_WORD.waits


def test_nobody_acquires_while_the_target_is_silent() -> None:
    assert LAST_WORD.locks[1].rate == 80.0
    assert seen().locks[1].rate == 0.0
