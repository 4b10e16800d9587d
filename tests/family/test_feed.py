"""A pre-forking server with its workers, in one view; each id and each finding is somebody's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil
import pytest

from locktrace.errors import NotTracedError
from locktrace.family.apart import member_of
from locktrace.family.feed import FamilyFeed
from locktrace.family.scout import Scout
from locktrace.launch.processes import connect
from locktrace.model import Lock
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from locktrace.view import View
from tests.support import Target, eventually, running

Follow = Callable[[Target], FamilyFeed]


def session(pid: int) -> Session:
    return Session(AgentSource(connect(pid), pid))


def refuse(pid: int) -> Session:
    raise NotTracedError(f"process {pid} does not run the locktrace agent")


@pytest.fixture
def follow() -> Iterator[Follow]:
    feeds: list[FamilyFeed] = []

    def open_feed(target: Target) -> FamilyFeed:
        lead = Session(target.source())
        feeds.append(FamilyFeed(lead, Scout(target.pid, open=session, enter=refuse)))
        return feeds[-1]

    yield open_feed
    for feed in feeds:
        feed.close()


def until(feed: FamilyFeed, condition: Callable[[View], bool], what: str) -> View:
    def look() -> View | None:
        view = feed.poll(0.1)
        return view if condition(view) else None

    return eventually(look, what)


def pids(view: View) -> set[int]:
    return {member.process.pid for member in view.members}


def journals(view: View) -> list[Lock]:
    """The lock of each worker that has come so far as to make it."""
    return [k for k in view.snapshot.locks.values() if k.name.startswith("Worker.journal")]


def workers(target: Target, number: int) -> list[int]:
    return [int(target.read().split()[1]) for _ in range(number)]


def test_workers_are_followed_and_a_finding_names_its_process(follow: Follow) -> None:
    with running("prefork", "3") as target:
        children = workers(target, 3)
        feed = follow(target)
        view = until(feed, lambda v: bool(v.findings), "the leak")
        view = until(feed, lambda v: pids(v) == {target.pid, *children}, "all workers")
        [finding] = view.findings
        assert finding.kind == "leaked-lock"
        assert finding.message.startswith(f"pid {children[0]}: Worker.journal was taken")
        [lock] = finding.locks
        [member] = [m for m in view.members if m.number == member_of(lock)]
        assert member.process.pid == children[0]
        assert view.snapshot.locks[lock].name.startswith("Worker.journal")
        assert view.snapshot.process.pid == target.pid


def test_ids_of_members_never_meet(follow: Follow) -> None:
    with running("prefork", "3") as target:
        children = workers(target, 3)
        view = until(follow(target), lambda v: len(journals(v)) == len(children), "all workers")
        snapshot = view.snapshot
        assert len(view.members) == 1 + len(children)
        assert {member_of(id) for id in snapshot.locks} >= {m.number for m in view.members[1:]}
        assert all(id == lock.id for id, lock in snapshot.locks.items())
        assert all(hold.lock in snapshot.locks for hold in snapshot.holds if hold.actor)
        assert all(wait.actor in snapshot.actors for wait in snapshot.waits)
        assert {member_of(lock.id) for lock in journals(view)} == {1, 2, 3}


def test_a_new_worker_comes_and_one_that_was_killed_is_shown_as_ended(
    follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locktrace.family.feed.MOMENT_S", 3.0)
    with running("prefork", "2") as target:
        _first, second = workers(target, 2)
        feed = follow(target)
        until(feed, lambda v: len(v.members) == 3, "both workers")
        target.tell("replace one")
        [fresh] = workers(target, 1)
        view = until(feed, lambda v: any(m.ended for m in v.members), "the end of one")
        assert [m.process.pid for m in view.members if m.ended] == [second]
        view = until(feed, lambda v: fresh in pids(v), "the new worker")
        view = until(feed, lambda v: second not in pids(v), "the moment's end")
        assert view.ended is None


def test_the_last_picture_stays_when_all_have_ended(follow: Follow) -> None:
    with running("prefork", "1") as target:
        workers(target, 1)
        feed = follow(target)
        until(feed, lambda v: len(v.members) == 2, "the worker")
        target.close_input()
        view = until(feed, lambda v: v.ended is not None, "the end")
        assert str(target.pid) in str(view.ended)
        assert view.snapshot.process.pid == target.pid


def test_a_child_without_an_agent_is_remarked_upon_once(follow: Follow) -> None:
    with running("untraced_child") as target:
        target.expect("started")
        feed = follow(target)
        view = until(feed, lambda v: "left out" in v.notice, "the remark")
        assert "does not run the locktrace agent" in view.notice
        assert len(view.members) == 1


def test_a_process_alone_looks_as_without_its_children(follow: Follow) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        view = until(follow(target), lambda v: bool(v.findings), "the leak")
        assert view.findings[0].message.startswith("Filter.ip_table")
        assert len(view.members) == 1


def test_a_lock_of_parent_and_child_is_one_and_their_deadlock_is_told_between_them(
    follow: Follow,
) -> None:
    with running("corpus/deadlock/joined_under_lock", "unlucky", LOCKTRACE_CORE="c") as target:
        process = psutil.Process(target.pid)
        [child] = eventually(lambda: process.children() or None, "the child")
        try:
            feed = follow(target)
            view = until(feed, lambda v: bool(v.findings), "the deadlock")
            [finding] = view.findings
            assert finding.kind == "deadlock"
            assert finding.message.startswith("Deadlock: MainThread of process")
            [results] = [k for k in view.snapshot.locks.values() if k.name == "Scheduler.results"]
            assert len(view.shared[results.id]) == 2
            assert {finding.kind for stall in view.stalls for finding in stall.findings} == {
                "deadlock"
            }
        finally:
            child.kill()
