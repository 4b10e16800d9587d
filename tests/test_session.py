"""A session turns what a real target does into views: leaks, stalls, snapshots, the end."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from locktrace.diagnose import Thresholds
from locktrace.launch.processes import connect
from locktrace.model import Process, Site, ThreadStack
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.state import LedgerState
from locktrace.session import LOOKS, Session, is_stall
from locktrace.snapshots.report import render
from locktrace.snapshots.stacks import Stacks
from locktrace.snapshots.store import StallStore
from locktrace.view import View
from locktrace.wire import frames
from tests.support import PATIENCE_S, Target, eventually, observed, running, until


def kinds(view: View) -> set[str]:
    return {finding.kind for finding in view.findings}


def waiting(view: View) -> set[str]:
    """The names of those who wait."""
    return {view.snapshot.actors[wait.actor].name for wait in view.snapshot.waits}


def test_the_story_leak_first_then_the_stall_with_py_spy_stacks(python: str) -> None:
    with running("leaked_read_lock", python=python) as target:
        target.expect("leaked")
        with observed(target, Thresholds(stall_after=2 * PATIENCE_S)) as session:
            view = until(session, lambda v: bool(v.findings), "the leak")
            assert kinds(view) == {"leaked-lock"}
            assert view.findings[0].message.startswith("Filter.ip_table: 3 read locks")
            target.tell("reload")
            target.expect("reloading")
            target.tell("query")
            target.expect("querying")
            blocked = {"reload", "query-0", "query-1"}
            until(session, lambda v: blocked <= waiting(v), "all that wait")
            session.thresholds = Thresholds()
            view = until(session, lambda v: bool(v.stalls), "the stall")
    assert "blocked-by-pending-writer" in kinds(view)
    [stall] = view.stalls
    seen = {t.name for t in stall.threads if any("lock" in s.function for s in t.frames)}
    assert blocked <= seen
    assert stall.stacks_from in {"py-spy", "agent"}


def test_a_deadlock_names_its_ring_and_is_told_once(python: str) -> None:
    with running("lock_order", python=python) as target:
        target.expect("started")
        with observed(target) as session:
            view = until(session, lambda v: "deadlock" in kinds(v), "the deadlock")
            for _ in range(10):
                view = session.poll(0.1)
    [deadlock] = [f for f in view.findings if f.kind == "deadlock"]
    assert {view.snapshot.actors[a].name for a in deadlock.actors} == {"transfer", "audit"}
    assert {view.snapshot.locks[k].name for k in deadlock.locks} == {
        "lock_order.accounts",
        "lock_order.journal",
    }
    assert len(view.stalls) == 1


def test_a_busy_healthy_program_is_blamed_for_nothing() -> None:
    with running("counter") as target:
        target.expect("counting")
        with observed(target) as session:
            until(session, lambda view: bool(view.snapshot.locks) and not view.findings)
            for _ in range(30):
                view = session.poll(0.1)
                assert not any(map(is_stall, view.findings))
                assert "leaked-lock" not in kinds(view)


def test_a_stall_is_saved_where_the_store_says(tmp_path: Path) -> None:
    store = StallStore(tmp_path / "stalls")
    with running("lock_order") as target:
        target.expect("started")
        session = Session(target.source(), store=store)
        view = until(session, lambda v: bool(v.stalls), "the stall")
        dumped = session.dump()
        session.close()
    [saved, again] = store.list()
    assert saved.id == view.stalls[0].id
    assert again.path == dumped


def test_a_store_that_cannot_be_written_is_a_notice_and_nothing_is_lost(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with running("lock_order") as target:
        target.expect("started")
        session = Session(target.source(), store=StallStore(blocked / "stalls"))
        view = until(session, lambda v: bool(v.stalls), "the stall")
        session.close()
    assert "could not be saved" in view.notice
    assert view.stalls[0].findings


def test_without_py_spy_the_agents_own_stacks_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with running("lock_order", python=os.path.realpath("/proc/self/exe")) as target:
        target.expect("started")
        with observed(target) as session:
            view = until(session, lambda v: bool(v.stalls), "the stall")
    [stall] = view.stalls
    assert stall.stacks_from == "agent"
    assert "py-spy" in stall.stacks_note
    assert {"transfer", "audit"} <= {thread.name for thread in stall.threads}


def test_a_stopped_target_is_told_by_its_silence() -> None:
    with running("counter") as target:
        target.expect("counting")
        with observed(target, Thresholds(unresponsive_after=0.5)) as session:
            target.stop()
            view = until(session, lambda v: "unresponsive" in kinds(v), "the silence")
            target.process.send_signal(signal.SIGCONT)
            [finding] = [f for f in view.findings if f.kind == "unresponsive"]
            assert "it is stopped" in finding.message
            assert finding.certainty == "holder not found"
            until(session, lambda v: "unresponsive" not in kinds(v), "the heartbeat")


def test_one_that_speaks_up_while_it_is_looked_at_is_slow_and_not_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running("counter") as target:
        target.expect("counting")
        with observed(target) as session:
            until(session, lambda view: not view.findings and bool(view.snapshot.locks))
            before = session.poll(0).stalls  # a busy machine's agent may have been late
            session.thresholds = Thresholds(unresponsive_after=0.5)
            looks = []

            def look(process: Process) -> Stacks:
                looks.append(process.pid)
                target.process.send_signal(signal.SIGCONT)
                select.select([session._source._socket], [], [], PATIENCE_S)  # type: ignore[attr-defined]
                return Stacks(note="as slow as its machine")

            monkeypatch.setattr("locktrace.session.py_spy_stacks", look)
            target.process.send_signal(signal.SIGSTOP)
            view = until(session, lambda _: bool(looks), "a look from outside")
            assert "unresponsive" not in kinds(view)
            assert view.stalls == before


def test_one_whose_words_of_before_still_come_is_not_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[Process] = []

    def look(process: Process) -> Stacks:
        looks.append(process)
        return Stacks(note="there was no need")

    with running("counter") as target:
        target.expect("counting")
        with observed(target) as session:
            until(session, lambda view: bool(view.snapshot.locks))
            session.thresholds = Thresholds(unresponsive_after=0.3)
            target.process.send_signal(signal.SIGSTOP)
            monkeypatch.setattr("locktrace.session.py_spy_stacks", look)
            monkeypatch.setattr(session._source, "receive", lambda _: [(frames.DEFINE, b"{}")])
            view = until(session, lambda view: view.snapshot.age(view.snapshot.heard_ns) > 1.0)
            target.process.send_signal(signal.SIGCONT)
    assert looks == []
    assert "unresponsive" not in kinds(view)


def test_a_c_call_that_keeps_the_gil_is_told_with_its_thread_and_line(python: str) -> None:
    with running("gil_hog", python=python) as target:
        target.expect("started")
        with observed(target, Thresholds(unresponsive_after=0.5)) as session:
            target.tell("600")
            view = until(session, lambda v: "unresponsive" in kinds(v), "the silence")
    [finding] = [f for f in view.findings if f.kind == "unresponsive"]
    [stall] = view.stalls
    if stall.stacks_from != "py-spy":
        pytest.skip(stall.stacks_note)
    assert "MainThread keeps the GIL in checksum (gil_hog.py:12)" in finding.message
    assert finding.certainty == "held by"
    assert [(site.role, site.site.function) for site in finding.sites] == [("holder", "checksum")]
    assert [view.snapshot.actors[actor].name for actor in finding.actors] == ["MainThread"]
    assert [thread.name for thread in stall.threads if thread.owns_gil] == ["MainThread"]


def test_who_comes_later_is_told_nothing_of_the_gil_before_it_was_looked_for() -> None:
    with running("gil_hog") as target:
        target.expect("started")
        target.tell("600")
        source = eventually(lambda: without_an_answer(target), "the C call")
        state = LedgerState(source.process, source.silent_ns)
        session = Session(source, state=state, thresholds=Thresholds(unresponsive_after=0.1))
        try:  # silent for longer than that already when it is first looked at
            view = until(session, lambda v: bool(v.stalls), "the silence")
        finally:
            session.close()
    [stall] = view.stalls
    if stall.stacks_from != "py-spy":
        pytest.skip(stall.stacks_note)
    assert "MainThread keeps the GIL in checksum (gil_hog.py:12)" in stall.findings[0].message


def without_an_answer(target: Target) -> AgentSource | None:
    """A connection to its agent, if that does not answer."""
    source = AgentSource(connect(target.pid), target.pid, patience=0.2, silent=True)
    if source.silent_ns:
        return source
    source.close()
    return None


def keeper(target: Target, owns_gil: bool) -> Stacks:
    """As py-spy would see the target's main thread."""
    frames = (Site("gil_hog.py", 12, "checksum"),)
    return Stacks((ThreadStack(target.pid, "MainThread", frames, owns_gil=owns_gil),))


@pytest.mark.parametrize("blank", [1, 2, 4])
def test_nobody_is_said_to_be_without_the_gil_before_it_was_looked_at_again(
    blank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def look(process: Process) -> Stacks:
        looks.append(process.pid)
        return keeper(target, len(looks) > blank)

    monkeypatch.setattr("locktrace.session.LOOK_AGAIN_S", 0.0)
    with running("gil_hog") as target:
        target.expect("started")
        with observed(target, Thresholds(unresponsive_after=0.5)) as session:
            monkeypatch.setattr("locktrace.session.py_spy_stacks", look)
            target.tell("600")
            view = until(session, lambda v: "unresponsive" in kinds(v), "the silence")
            first = view.findings[0].message
            view = until(session, lambda v: "keeps the GIL" in v.findings[0].message, "the keeper")
    assert ("none of its threads was seen with the GIL" in first) == (blank > LOOKS)
    assert len(looks) == blank + 1
    assert len(view.stalls) == (2 if blank > LOOKS else 1)
    assert "keeps the GIL" in view.stalls[-1].findings[0].message


def test_that_nobody_could_look_is_not_told_as_if_somebody_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running("gil_hog") as target:
        target.expect("started")
        with observed(target, Thresholds(unresponsive_after=0.5)) as session:
            blind = Stacks(note="py-spy took longer than 5 s and was ended.")
            monkeypatch.setattr("locktrace.session.py_spy_stacks", lambda _: blind)
            target.tell("600")
            view = until(session, lambda v: "unresponsive" in kinds(v), "the silence")
    assert "who has the GIL is not known, for nobody could look" in view.findings[0].message
    assert view.stalls[0].stacks_note == blind.note


def test_who_comes_when_the_target_is_silent_is_told_so_and_the_ledger_once_it_answers() -> None:
    with running("counter") as target:
        target.expect("counting")
        target.stop()
        source = AgentSource(connect(target.pid), target.pid, patience=0.1, silent=True)
        session = Session(
            source,
            state=LedgerState(source.process, source.silent_ns),
            thresholds=Thresholds(unresponsive_after=1.0),
        )
        try:
            [finding] = session.settle(PATIENCE_S).findings
            assert "it is stopped" in finding.message
            report = render(session.take(session.poll(0)))
            assert "not known, for the agent has given no answer" in report
            assert "Locks" not in report
            target.process.send_signal(signal.SIGCONT)
            view = until(session, lambda v: bool(v.snapshot.locks), "the ledger")
            assert view.snapshot.process.core in {"c", "python"}
            until(session, lambda v: not v.findings, "the end of the silence")
        finally:
            session.close()
