"""A view sorted by lock, once, so that five thousand locks do not each search all holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from locktrace.model import Finding, Hold, Lock, Mode, Wait
from locktrace.view import View


@dataclass(frozen=True, slots=True)
class LockFacts:
    """One lock with its holds and waits, oldest first, and its findings, worst first.

    A compound primitive answers for its inner locks: their findings are among its own.
    """

    lock: Lock
    holds: tuple[Hold, ...] = ()
    waits: tuple[Wait, ...] = ()
    findings: tuple[Finding, ...] = ()
    inner: tuple[int, ...] = ()

    @property
    def worst(self) -> Finding | None:
        return self.findings[0] if self.findings else None

    @property
    def used(self) -> bool:
        lock = self.lock
        return bool(lock.acquisitions or lock.contended or lock.wait_ns or self.held or self.waits)

    @property
    def held(self) -> int:
        """Holds listed and unlisted."""
        return len(self.holds) + self.lock.unlisted_holds

    @property
    def held_by_mode(self) -> dict[Mode, int]:
        """Holds in each mode; those the target no longer lists count to the mode seen most."""
        count = {mode: sum(hold.mode is mode for hold in self.holds) for mode in Mode}
        count[max(count, key=lambda mode: count[mode])] += self.lock.unlisted_holds
        return count


def facts_by_lock(view: View) -> Mapping[int, LockFacts]:
    """The facts of every lock in the snapshot, in its order."""
    snapshot = view.snapshot
    holds: defaultdict[int, list[Hold]] = defaultdict(list)
    waits: defaultdict[int, list[Wait]] = defaultdict(list)
    inner: defaultdict[int, list[int]] = defaultdict(list)
    for hold in sorted(snapshot.holds, key=attrgetter("since_ns")):
        holds[hold.lock].append(hold)
    for wait in sorted(snapshot.waits, key=attrgetter("since_ns")):
        waits[wait.lock].append(wait)
    for lock in snapshot.locks.values():
        if lock.parent is not None:
            inner[lock.parent].append(lock.id)
    findings = _findings(view)
    return {
        id_: LockFacts(
            lock,
            tuple(holds.get(id_, ())),
            tuple(waits.get(id_, ())),
            tuple(findings.get(id_, ())),
            tuple(inner.get(id_, ())),
        )
        for id_, lock in snapshot.locks.items()
    }


def _findings(view: View) -> dict[int, list[Finding]]:
    by_lock: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in sorted(view.findings, key=lambda finding: finding.severity.rank):
        concerned = set(finding.locks)
        for id_ in finding.locks:
            lock = view.snapshot.locks.get(id_)
            if lock and lock.parent is not None:
                concerned.add(lock.parent)
        for id_ in concerned:
            by_lock[id_].append(finding)
    return by_lock
