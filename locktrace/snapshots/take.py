"""Take a stall snapshot: the ledger and its findings, joined with what each thread does now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from locktrace.errors import LocktraceError
from locktrace.model import Actor, Finding, Process, Snapshot, StallSnapshot, ThreadStack
from locktrace.snapshots.activity import described
from locktrace.snapshots.groups import is_live_thread
from locktrace.snapshots.source import Source
from locktrace.snapshots.stacks import Stacks, py_spy_stacks, without_tracer

AgentStacks = Callable[[], Sequence[ThreadStack]]


def take(
    snapshot: Snapshot,
    findings: Iterable[Finding],
    *,
    agent_stacks: AgentStacks | None = None,
    outside_stacks: Callable[[Process], Stacks] = py_spy_stacks,
) -> StallSnapshot:
    """The stall snapshot of `snapshot`, its stacks read now.

    `agent_stacks` is asked when py-spy cannot look; it may return nothing or raise
    LocktraceError or OSError. No failure to get stacks is an error: `stacks_note` tells it.
    """
    seen = outside_stacks(snapshot.process)
    source, threads = "py-spy", seen.threads
    if seen.note:
        threads = _ask(agent_stacks)
        source = "agent" if threads else "none"
    return StallSnapshot(
        id=snapshot_id(snapshot),
        snapshot=snapshot,
        findings=tuple(findings),
        threads=described(
            _named(without_tracer(threads), snapshot.actors.values()), Source(snapshot.process)
        ),
        stacks_from=source,
        stacks_note=seen.note,
    )


def snapshot_id(snapshot: Snapshot) -> str:
    """``20261123-150301-1234``: the time (UTC, so that ids sort by age) and the pid."""
    when = time.strftime("%Y%m%d-%H%M%S", time.gmtime(snapshot.taken_at))
    return f"{when}-{snapshot.process.pid}"


def _ask(agent_stacks: AgentStacks | None) -> tuple[ThreadStack, ...]:
    try:
        return tuple(agent_stacks()) if agent_stacks is not None else ()
    except (LocktraceError, OSError):
        return ()


def _named(threads: Iterable[ThreadStack], actors: Iterable[Actor]) -> tuple[ThreadStack, ...]:
    """`threads` under the names that the ledger knows them by, in the order of their ids."""
    names = {actor.native_id: actor.name for actor in actors if is_live_thread(actor)}
    named = [replace(t, name=names.get(t.native_id, t.name) or t.name) for t in threads]
    return tuple(sorted(named, key=lambda thread: thread.native_id or 0))
