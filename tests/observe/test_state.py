"""The observer's picture: a ledger, then events on it, in whatever order a race brings them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from locktrace.durations import Durations
from locktrace.model import Certainty, Mode, Process, Site
from locktrace.observe.overtaken import KEPT_NS
from locktrace.observe.state import LedgerState
from locktrace.wire import frames
from locktrace.wire.events import (
    ACQUIRED,
    DESTROYED,
    FOUND,
    LIKELY,
    RELEASED,
    TIMED,
    WAITED,
    WAITING,
    pack_events,
)
from locktrace.wire.frames import FrameError

PROCESS = Process(7, 1.0, "3.11.7", "python", ("python",))
DEFINITIONS = {
    "locks": [[1, "RWMutex", "Filter.table", ["f.py", 3, "Filter.__init__"], None, 0]],
    "stacks": [[5, 1, [["f.py", 9, "acquire"], ["f.py", 20, "Filter.lookup"]]]],
    "actors": [[2, "query-1", "thread", 77, "", False]],
    "labels": [[8, "query alpha. A"]],
}


@pytest.fixture
def state() -> LedgerState:
    state = LedgerState(PROCESS)
    apply(state, frames.DEFINE, DEFINITIONS)
    return state


def apply(state: LedgerState, kind: int, document: dict[str, Any]) -> None:
    state.apply(kind, json.dumps(document).encode())


def event(op: int, ref: int, *, flags: int = 0, label: int = 8, at: int = 100) -> bytes:
    return pack_events([(1, at, ref, 1, 2, 5, label, op, flags)])


def totals(state: LedgerState, acquisitions: int, at_s: float, **news: Any) -> None:
    row = [1, acquisitions, 0, 0, 0, 0, 0, [5000, 3, 1, 1], [0, 0]]
    apply(state, frames.TOTALS, {"locks": [row], "time_ns": int(at_s * 1e9), **news})


def test_an_acquire_becomes_a_hold_with_all_its_names(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10, flags=1))
    snapshot = state.snapshot(200)
    [hold] = snapshot.holds
    assert (hold.mode, hold.label, hold.since_ns) == (Mode.SHARED, "query alpha. A", 100)
    assert hold.site is not None
    assert hold.site.function == "Filter.lookup"
    assert snapshot.locks[hold.lock].name == "Filter.table"
    assert snapshot.actors[hold.actor].label == "query alpha. A"


def test_a_wait_is_told_of_where_it_is_wanted_as_a_hold_is(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(WAITING, 10))
    [wait] = state.snapshot(200).waits
    assert wait.site is not None
    assert wait.site.function == "Filter.lookup"


def test_a_wait_in_the_standard_library_is_told_of_where_the_program_called_it() -> None:
    library = ["/usr/lib/python3.11/queue.py", 171, "Queue.get"]
    state = LedgerState(PROCESS)
    stack = [5, 0, [library, ["/app/work.py", 20, "Worker.run"]]]
    apply(state, frames.DEFINE, {**DEFINITIONS, "stacks": [stack]})
    state.apply(frames.EVENTS, event(WAITING, 10))
    [wait] = state.snapshot(200).waits
    assert wait.site is not None
    assert wait.site.function == "Worker.run"


def test_a_release_ends_it_and_one_for_an_unknown_hold_is_nothing(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(RELEASED, 99))
    state.apply(frames.EVENTS, event(ACQUIRED, 10) + event(RELEASED, 10))
    assert state.snapshot(200).holds == ()


def test_an_event_that_the_ledger_had_already_changes_nothing(state: LedgerState) -> None:
    ledger = {"holds": [[10, 1, 0, 2, 5, 100, "", 0, 0]], "waits": [], "time_ns": 150, "wall": 0.0}
    apply(state, frames.LEDGER, ledger)
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    assert len(state.snapshot(200).holds) == 1


def test_a_ledger_replaces_what_was_known_before(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10) + event(WAITING, 11, flags=TIMED))
    assert state.snapshot(200).waits[0].timed
    apply(state, frames.LEDGER, {"holds": [], "waits": [], "time_ns": 150, "dropped": 3})
    snapshot = state.snapshot(200)
    assert (snapshot.holds, snapshot.waits, snapshot.dropped) == ((), (), 3)


def test_what_a_picture_overtakes_ends_when_its_event_comes(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10) + event(WAITING, 11))
    apply(state, frames.LEDGER, picture(150))
    apply(state, frames.LEDGER, picture(160))
    by_another = pack_events([(2, 140, 10, 1, 3, 0, 0, RELEASED, 0)])
    state.apply(frames.EVENTS, by_another + event(WAITED, 11, at=145))
    snapshot = state.snapshot(200)
    assert snapshot.locks[1].foreign_releases == 1
    [waited] = snapshot.history.contention[1].waited
    assert waited.total_ns == 45


@pytest.mark.parametrize(("dropped", "orphans"), [(0, [10]), (3, [])])
def test_a_lock_destroyed_held_is_told_after_a_picture_too_unless_its_release_may_be_lost(
    state: LedgerState, dropped: int, orphans: list[int]
) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    apply(state, frames.LEDGER, picture(150, dropped))
    state.apply(frames.EVENTS, event(DESTROYED, 0, at=140))
    assert [hold.id for hold in state.snapshot(200).history.orphans] == orphans


def test_what_was_overtaken_is_not_kept_for_ever(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    apply(state, frames.LEDGER, picture(150))
    apply(state, frames.LEDGER, picture(150 + KEPT_NS))
    state.apply(frames.EVENTS, event(DESTROYED, 0))
    assert state.snapshot(200).history.orphans == ()


def test_after_events_were_missed_the_end_of_a_lock_accuses_nobody(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    apply(state, frames.LEDGER, {**picture(150), "missed": True})
    state.apply(frames.EVENTS, event(DESTROYED, 0, at=160))
    assert state.snapshot(200).history.orphans == ()


def test_a_lock_that_is_gone_takes_all_with_it_and_accuses_nobody(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10) + event(WAITING, 11))
    apply(state, frames.DEFINE, {"gone": [1, 99]})
    snapshot = state.snapshot(200)
    assert (snapshot.locks, snapshot.holds, snapshot.waits) == ({}, (), ())
    assert snapshot.history.orphans == ()


def test_a_picture_that_names_all_there_is_ends_the_rest(state: LedgerState) -> None:
    apply(state, frames.DEFINE, {"actors": [[3, "query-2", "thread", 78, "", False]]})
    apply(state, frames.LEDGER, {**picture(150), "missed": True, "locks": [], "actors": [3]})
    snapshot = state.snapshot(200)
    assert snapshot.locks == {}
    assert {id: actor.ended for id, actor in snapshot.actors.items()} == {2: True, 3: False}


def picture(at_ns: int, dropped: int = 0) -> dict[str, Any]:
    """One in which nobody holds or waits."""
    return {"holds": [], "waits": [], "time_ns": at_ns, "wall": 0.0, "dropped": dropped}


def test_a_wait_ends_with_or_without_the_lock(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(WAITING, 11))
    assert len(state.snapshot(200).waits) == 1
    state.apply(frames.EVENTS, event(WAITED, 11))
    assert state.snapshot(200).waits == ()


def test_a_destroyed_lock_takes_its_holds_with_it(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10) + event(DESTROYED, 0))
    snapshot = state.snapshot(200)
    assert (snapshot.locks, snapshot.holds) == ({}, ())


def test_a_hold_is_marked_when_its_function_has_returned(state: LedgerState) -> None:
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    totals(state, 1, 1.0, returned=[10, 999], ended=[2, 999])
    snapshot = state.snapshot(200)
    assert snapshot.holds[0].returned
    assert snapshot.actors[2].ended


def test_the_rate_follows_the_totals_and_falls_to_nothing(state: LedgerState) -> None:
    for second in range(4):
        totals(state, 100 * second, float(second))
    assert state.snapshot(0).locks[1].rate == pytest.approx(100)
    for second in range(4, 20):
        totals(state, 300, float(second))
    assert state.snapshot(0).locks[1].rate == 0


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (frames.EVENTS, b"x"),
        (frames.DEFINE, b"[]"),
        (frames.DEFINE, b'{"locks": [[1]]}'),
        (frames.LEDGER, b"{}"),
        (frames.TOTALS, b'{"locks": 7}'),
        (frames.TOTALS, b'{"locks": [], "time_ns": "soon"}'),
        (frames.LEDGER, b'{"holds": [], "waits": [], "time_ns": "soon"}'),
        (frames.LEDGER, b'{"holds": [], "waits": [], "time_ns": null}'),
        (frames.LEDGER, b'{"holds": [], "waits": [], "time_ns": Infinity}'),
        (frames.LEDGER, b'{"holds": [[1,1,0,2,5,"long",""]], "waits": [], "time_ns": 1}'),
    ],
)
def test_a_frame_without_sense_is_an_error_of_its_own_kind(
    state: LedgerState, kind: int, payload: bytes
) -> None:
    with pytest.raises(FrameError):
        state.apply(kind, payload)


def test_a_frame_of_a_later_version_is_passed_over(state: LedgerState) -> None:
    apply(state, 200, {"anything": 1})


def test_labels_do_not_pile_up(state: LedgerState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locktrace.observe.state.MAX_LABELS", 10)
    apply(state, frames.DEFINE, {"labels": [[n, f"query {n}"] for n in range(100)]})
    assert len(state._labels) == 10


def test_actors_that_have_ended_do_not_pile_up_unless_they_hold(
    state: LedgerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locktrace.observe.actors.MAX_ENDED", 10)
    state.apply(frames.EVENTS, event(ACQUIRED, 10))
    totals(state, 1, at_s=1, ended=[2])
    for id in range(100, 200):
        row = [id, f"query-{id}", "thread", id, "", id % 2 == 0]  # some end before they are told of
        apply(state, frames.DEFINE, {"actors": [row]})
        taken = [(2, 100, 1000 + id, 1, id, 5, 0, op, 0) for op in (ACQUIRED, RELEASED)]
        state.apply(frames.EVENTS, pack_events(taken))
        totals(state, 1, at_s=id, ended=[id])
    apply(state, frames.DEFINE, {"actors": [[300, "at work", "thread", 300, "", False]]})
    actors = state.snapshot(10**12).actors
    assert {2, 199, 300} <= actors.keys()
    assert 150 not in actors
    assert len(actors) <= 2 + 2 * 10
    assert state._past._order._mine.keys() <= actors.keys()
    state.apply(frames.EVENTS, event(RELEASED, 10))
    for id in range(400, 440):
        apply(state, frames.DEFINE, {"actors": [[id, "late", "thread", id, "", True]]})
    totals(state, 2, at_s=900)
    assert 2 not in state.snapshot(10**12).actors


def test_names_are_text_whatever_the_agent_sends(state: LedgerState) -> None:
    locks, actors = [[1, 7, None, None, None, 0]], [[2, None, "thread", None, None, False]]
    apply(state, frames.DEFINE, {"locks": locks, "actors": actors})
    snapshot = state.snapshot(0)
    assert (snapshot.locks[1].kind, snapshot.locks[1].name) == ("7", "None")
    assert (snapshot.actors[2].name, snapshot.actors[2].label) == ("None", "None")


def test_what_was_there_before_the_agent_is_marked_in_ledger_and_events(state: LedgerState) -> None:
    hold = [10, 1, 0, 2, 5, 100, "", 0, FOUND | LIKELY]
    wait = [11, 1, 0, 2, 5, 100, "", 0, 0, FOUND]
    apply(state, frames.LEDGER, {"holds": [hold], "waits": [wait], "time_ns": 150, "wall": 0.0})
    state.apply(frames.EVENTS, event(ACQUIRED, 12, flags=FOUND) + event(WAITING, 13, flags=FOUND))
    snapshot = state.snapshot(200)
    assert [(hold.found, hold.certainty) for hold in snapshot.holds] == [
        (True, Certainty.LIKELY),
        (True, Certainty.HELD_BY),
    ]
    assert all(wait.found and not wait.timed for wait in snapshot.waits)


def test_how_long_holds_and_waits_lasted_comes_with_the_totals(state: LedgerState) -> None:
    totals(state, 100, 1.0)
    lock = state.snapshot(0).locks[1]
    assert lock.hold_times == Durations((3, 1, 1), 5000)
    assert lock.wait_times.total == 0


def test_a_frame_that_is_at_no_line_has_line_0(state: LedgerState) -> None:
    threads = [[77, "worker", [["f.py", None, "work"], ["f.py", 9, "run"]]]]
    apply(state, frames.STACKS, {"threads": threads, "time_ns": 5})
    assert state.present is not None
    [thread] = state.present.threads
    assert thread.frames == (Site("f.py", 0, "work"), Site("f.py", 9, "run"))
