"""A stall snapshot as the JSON document that ``docs/schema/dump.schema.json`` describes.

Fields ending in ``_ns`` are nanoseconds of the target's CLOCK_MONOTONIC, or a number of
them; those ending in ``_s`` are seconds; ``taken_at`` and ``created`` are seconds since the
epoch. Ids tie the tables together; they mean nothing outside the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from locktrace.durations import Durations
from locktrace.model import (
    Actor,
    Finding,
    Hold,
    Lock,
    Process,
    Site,
    SiteTotal,
    Snapshot,
    Stack,
    StallSnapshot,
    ThreadStack,
    Wait,
)
from locktrace.snapshots.contention import Contended, most_contended, spread
from locktrace.snapshots.groups import is_live_thread
from locktrace.snapshots.kernel_document import to_fields
from locktrace.wording import lock_name, who

SCHEMA = 1
MOST_HOLDS = 10_000
"""Holds that a document lists, the oldest; each lock counts its others in ``unlisted_holds``."""

Document = dict[str, Any]


def to_document(stall: StallSnapshot) -> Document:
    """`stall` as dicts, lists, strings and numbers, ready for ``json.dumps``."""
    snapshot = stall.snapshot
    holds = sorted(snapshot.holds, key=lambda hold: (hold.since_ns, hold.id))
    unlisted = Counter(hold.lock for hold in holds[MOST_HOLDS:])
    return {
        "schema": SCHEMA,
        "id": stall.id,
        "taken_at": snapshot.taken_at,
        "taken_ns": snapshot.taken_ns,
        "dropped": snapshot.dropped,
        "faults": snapshot.faults,
        "process": _process(snapshot.process),
        "stacks": {"from": stall.stacks_from, "note": stall.stacks_note},
        "suppressed": stall.suppressed,
        "findings": [_finding(snapshot, finding) for finding in stall.findings],
        "locks": [_lock(lock, unlisted[lock.id]) for lock in snapshot.locks.values()],
        "holds": [_hold(snapshot, hold) for hold in holds[:MOST_HOLDS]],
        "waits": [_wait(snapshot, wait) for wait in snapshot.waits],
        "threads": list(_threads(snapshot.actors.values(), stall.threads)),
        "thresholds": dict(stall.thresholds),
        "history": {"lost": snapshot.history.lost, "full": snapshot.history.full},
        "contention": _contention(snapshot),
        "gaps": sorted(gap.name.lower() for gap in snapshot.gaps),
        "kernel": to_fields(snapshot.kernel) if snapshot.kernel is not None else None,
    }


def _process(process: Process) -> Document:
    return {
        "pid": process.pid,
        "created": process.created,
        "python": process.python,
        "core": process.core,
        "command": list(process.command),
        "agent": process.agent,
        "forked_ns": process.forked_ns,
        "core_note": process.core_note,
    }


def _lock(lock: Lock, unlisted: int) -> Document:
    return {
        "id": lock.id,
        "name": lock.name,
        "kind": lock.kind,
        "created_at": None if lock.created_at is None else _site(lock.created_at),
        "parent": lock.parent,
        "acquisitions": lock.acquisitions,
        "contended": lock.contended,
        "wait_ns": lock.wait_ns,
        "hold_ns": lock.hold_ns,
        "foreign_releases": lock.foreign_releases,
        "unlisted_holds": lock.unlisted_holds + unlisted,
        "rate_per_s": lock.rate,
        "hold_times": _durations(lock.hold_times),
        "wait_times": _durations(lock.wait_times),
        "address": lock.address,
        "os_name": lock.os_name,
        "os_id": lock.os_id,
        "acquire_sites": [_site(site) for site in lock.acquire_sites],
    }


def _contention(snapshot: Snapshot) -> Document:
    held, waited = spread(snapshot)
    return {
        "locks": [_contended(snapshot, each) for each in most_contended(snapshot)],
        "hold_times": _durations(held),
        "wait_times": _durations(waited),
    }


def _contended(snapshot: Snapshot, contended: Contended) -> Document:
    lock = contended.lock
    return {
        "lock": lock.id,
        "name": lock_name(snapshot, lock.id),
        "acquisitions": lock.acquisitions,
        "contended_share": lock.contended_share,
        "wait_ns": lock.wait_ns,
        "wait_times": _durations(lock.wait_times),
        "hold_times": _durations(lock.hold_times),
        "waited_at": [_total(total) for total in contended.sites.waited],
        "held_at": [_total(total) for total in contended.sites.held],
    }


def _total(total: SiteTotal) -> Document:
    site = None if total.site is None else _site(total.site)
    return {"site": site, "times": total.times, "total_ns": total.total_ns}


def _durations(times: Durations) -> Document:
    return {
        "p50_ns": times.percentile(0.50),
        "p99_ns": times.percentile(0.99),
        "longest_ns": times.longest_ns,
        "counts": list(times.counts),
    }


def _hold(snapshot: Snapshot, hold: Hold) -> Document:
    return {
        "id": hold.id,
        "lock": hold.lock,
        "mode": hold.mode.value,
        "thread": hold.actor,
        "label": hold.label,
        "since_ns": hold.since_ns,
        "age_s": snapshot.age(hold.since_ns),
        "returned": hold.returned,
        "found": hold.found,
        "certainty": hold.certainty.value,
        "site_index": hold.site_index,
        "stack": _stack(hold.stack),
    }


def _wait(snapshot: Snapshot, wait: Wait) -> Document:
    return {
        "id": wait.id,
        "lock": wait.lock,
        "mode": wait.mode.value,
        "thread": wait.actor,
        "label": wait.label,
        "since_ns": wait.since_ns,
        "age_s": snapshot.age(wait.since_ns),
        "timed": wait.timed,
        "address": wait.address,
        "found": wait.found,
        "site_index": wait.site_index,
        "stack": _stack(wait.stack),
    }


def _threads(actors: Iterable[Actor], stacks: Iterable[ThreadStack]) -> Iterator[Document]:
    """Each actor with its stack, joined on the OS thread id; then stacks of no known actor.

    Several actors may have had one OS thread id (tasks share their loop's, a new thread may
    get that of one that ended): the stack is that of the living thread.
    """
    unjoined = {id(stack): stack for stack in stacks}
    by_native = {stack.native_id: stack for stack in unjoined.values()}
    for actor in actors:
        stack = by_native.pop(actor.native_id, None) if is_live_thread(actor) else None
        if stack is not None:
            del unjoined[id(stack)]
        yield {
            "id": actor.id,
            "name": actor.name,
            "label": actor.label,
            "kind": actor.kind,
            "native_id": actor.native_id,
            "ended": actor.ended,
            "task": actor.task,
            **_present(stack),
        }
    for stack in unjoined.values():
        yield {
            "id": None,
            "name": stack.name,
            "label": "",
            "kind": "thread",
            "native_id": stack.native_id,
            "ended": False,
            "task": None,
            **_present(stack),
        }


def _present(stack: ThreadStack | None) -> Document:
    """``active`` is null where the thread's stack was not seen."""
    if stack is None:
        return {"active": None, "owns_gil": None, "doing": "", "stack": []}
    return {
        "active": stack.active,
        "owns_gil": stack.owns_gil,
        "doing": stack.doing,
        "stack": _stack(stack.frames),
    }


def _finding(snapshot: Snapshot, finding: Finding) -> Document:
    return {
        "kind": finding.kind,
        "severity": finding.severity.value,
        "certainty": finding.certainty.value,
        "message": finding.message,
        "locks": [_named_lock(snapshot, lock) for lock in finding.locks],
        "sites": [{**_site(site.site), "role": site.role} for site in finding.sites],
        "threads": [_named_actor(snapshot, actor) for actor in finding.actors],
        "since_ns": finding.since_ns,
        "age_s": snapshot.age(finding.since_ns),
        "count": finding.count,
        "past": [_hold(snapshot, hold) for hold in finding.past],
        "evidence": sorted(finding.evidence),
    }


def _named_lock(snapshot: Snapshot, lock: int) -> Document:
    known = snapshot.locks.get(lock)
    created = known.created_at if known is not None else None
    return {
        "id": lock,
        "name": lock_name(snapshot, lock),
        "kind": known.kind if known is not None else "",
        "created_at": None if created is None else {"file": created.file, "line": created.line},
    }


def _named_actor(snapshot: Snapshot, actor: int) -> Document:
    known = snapshot.actors.get(actor)
    return {
        "id": actor,
        "name": known.name if known is not None else who(snapshot, actor),
        "label": known.label if known is not None else "",
        "native_id": known.native_id if known is not None else None,
        "ended": known is None or known.ended,
    }


def _site(site: Site) -> Document:
    return {"file": site.file, "line": site.line, "function": site.function}


def _stack(stack: Stack) -> list[Document]:
    return [_site(site) for site in stack]
