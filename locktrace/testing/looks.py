"""Several looks at the testing process: what stands still from one to the next is believed."""

from __future__ import annotations

import time

from locktrace.diagnose import Confirmer, Thresholds, diagnose
from locktrace.model import Finding, Snapshot
from locktrace.session import is_stall
from locktrace.snapshots.kinds import is_answer
from locktrace.testing.witness import Witness
from locktrace.view import View

APART_S = 0.55
"""Between two looks: a finding is believed when it has kept its evidence for half a second."""


class Looks:
    """With thresholds of their own; the session's confirmed findings are in each view as well."""

    def __init__(self, witness: Witness, thresholds: Thresholds) -> None:
        self._witness = witness
        self._thresholds = thresholds
        self._confirmer = Confirmer()
        self._found: tuple[Finding, ...] = ()

    def look(self) -> tuple[View, tuple[Finding, ...]]:
        """Once more: the view, and what is confirmed by now."""
        view = self._witness.look()
        self._found = diagnose(view.snapshot, self._thresholds)
        return view, self._confirmer.look(view.snapshot, self._found).findings

    def settle(self, since_ns: int = 0) -> tuple[View, tuple[Finding, ...]]:
        """Look, and half a second later again if work seems to stand still since `since_ns`."""
        view, confirmed = self.look()
        if not any(is_hang(view.snapshot, f) and f.since_ns >= since_ns for f in self._found):
            return view, confirmed
        time.sleep(APART_S)
        return self.look()


def is_hang(snapshot: Snapshot, finding: Finding) -> bool:
    """Whether work stands still by it, and does not merely wait for other work to be done: to
    join a slow thread for long is what a slow test does."""
    if not is_stall(finding):
        return False
    locks = [snapshot.locks.get(lock) for lock in finding.locks]
    return finding.kind != "stall" or not all(lock and is_answer(lock) for lock in locks)
