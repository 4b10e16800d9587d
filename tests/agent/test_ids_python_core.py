"""Ids of locks and actors have 32 bits; a process may make more of them."""

from __future__ import annotations

from itertools import count

from locktrace.agent.ledger import Entry
from locktrace.agent.python_core import PythonRecorder
from locktrace.wire.events import MAX_ID


def made(recorder: PythonRecorder) -> Entry:
    entry = recorder.create("Lock", None)
    assert entry is not None
    return entry


def test_ids_begin_again_and_pass_over_those_of_who_still_lives(recorder: PythonRecorder) -> None:
    first, gone, third = (made(recorder) for _ in range(3))
    [actor] = recorder.actors.values()
    living = {first.id, third.id, actor.id}
    free = gone.id
    del gone
    recorder.next_number = count(MAX_ID).__next__
    later = [made(recorder) for _ in range(3)]
    assert [entry.id for entry in later] == [MAX_ID, free, max(*living, free) + 1]
    assert {recorder.entries[entry.id]() is entry for entry in (first, third, *later)} == {True}
