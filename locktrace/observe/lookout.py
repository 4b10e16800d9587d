"""When to ask what every thread does, and what it does in words."""

from __future__ import annotations

from dataclasses import replace

import psutil

from locktrace.model import Present, Process, Snapshot, Wait
from locktrace.snapshots import kinds
from locktrace.snapshots.activity import described
from locktrace.snapshots.source import Source
from locktrace.snapshots.stacks import without_tracer

WORTH_S = 0.5  # a wait this long may want an explanation
APART_S = 1.0  # between two questions: the target's interpreter answers them
FRESH_S = 2.5  # older answers tell nothing of now


class Lookout:
    """Present stacks of one process."""

    def __init__(self, process: Process) -> None:
        self._source = Source(process)
        self._pid = process.pid
        self._asked_ns = 0
        self._given: Present | None = None
        self._told: Present | None = None

    def is_worth_asking(self, snapshot: Snapshot) -> bool:
        """Whether somebody waits for a lock, or everybody for something; then it is asked."""
        if snapshot.age(self._asked_ns) < APART_S:
            return False
        old = [wait for wait in snapshot.waits if snapshot.age(wait.since_ns) >= WORTH_S]
        contended = any(_is_contention(snapshot, wait) for wait in old)
        worth = contended or (bool(old) and _all_wait(snapshot, old))
        if worth:
            self._asked_ns = snapshot.taken_ns
        return worth

    def present(self, answer: Present | None, now_ns: int) -> Present | None:
        """The agent's last answer, in words, if it is of now."""
        if answer is None or now_ns - answer.taken_ns > FRESH_S * 1e9:
            return None
        if answer is not self._given:
            self._given, self._told = answer, self.described(answer)
        return self._told

    def described(self, present: Present) -> Present:
        """`present`, without the agent's own thread, and with what each thread is doing."""
        threads = described(without_tracer(present.threads), self._source)
        strangers = _number_of_threads(self._pid) > len(present.threads)
        return replace(present, threads=threads, strangers=strangers)


def _is_contention(snapshot: Snapshot, wait: Wait) -> bool:
    """Whether it may be for a lock; a task that awaits others, or a pool, is business as usual."""
    lock, actor = snapshot.locks.get(wait.lock), snapshot.actors.get(wait.actor)
    if lock is None or kinds.is_signal(lock) or kinds.is_task(lock):
        return False
    return not (kinds.is_future(lock) and actor is not None and actor.kind == "task")


def _all_wait(snapshot: Snapshot, waits: list[Wait]) -> bool:
    """Whether nobody is known to work: who does not wait runs an event loop whose tasks do."""
    waiting = {wait.actor for wait in waits}
    actors = snapshot.actors
    loops = {actors[id].native_id for id in waiting if id in actors and actors[id].kind == "task"}
    return all(
        actor.ended or actor.id in waiting or (actor.native_id in loops and actor.task is None)
        for actor in actors.values()
    )


def _number_of_threads(pid: int) -> int:
    """Of the operating system's; 0 if the process is gone."""
    try:
        return psutil.Process(pid).num_threads()
    except psutil.Error:
        return 0
