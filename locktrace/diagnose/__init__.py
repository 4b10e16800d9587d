"""From a snapshot to what is wrong: pure functions, no clock, no state, no I/O."""

from __future__ import annotations

from dataclasses import replace

from locktrace.diagnose import unresponsive
from locktrace.diagnose.case import Case, Detector
from locktrace.diagnose.confirm import Confirmed, Confirmer
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.registry import AT_THE_END, DETECTORS, EXPLANATIONS, KINDS
from locktrace.diagnose.thresholds import Thresholds
from locktrace.model import Finding, Snapshot

__all__ = [
    "KINDS",
    "Confirmed",
    "Confirmer",
    "Detector",
    "Thresholds",
    "diagnose",
    "diagnose_end",
    "diagnose_silence",
    "severest_first",
]

_DEFAULTS = Thresholds()


def diagnose(snapshot: Snapshot, thresholds: Thresholds = _DEFAULTS) -> tuple[Finding, ...]:
    """What every detector finds in one look: worst severity first, then oldest first.

    One look may be torn, as the target does not stop for it: give the findings of two or
    more to a `Confirmer` before telling anybody.
    """
    case = Case.of(snapshot, thresholds)
    findings: list[Finding] = []
    for kind, detect in DETECTORS.items():
        found = list(detect(case))
        if kind in EXPLANATIONS:
            case = case.explaining(found)
        findings += found
    return severest_first(findings)


def diagnose_end(snapshot: Snapshot, thresholds: Thresholds = _DEFAULTS) -> tuple[Finding, ...]:
    """What the last picture of a target that has ended shows by itself.

    Nothing moves any more: one look is enough, and no leak is too young.
    """
    found = diagnose(snapshot, replace(thresholds, leak_after=0.0))
    return tuple(finding for finding in found if finding.kind in AT_THE_END)


def diagnose_silence(snapshot: Snapshot, thresholds: Thresholds = _DEFAULTS) -> tuple[Finding, ...]:
    """What is to be said of a target that gives no word: all else about it is old."""
    return tuple(unresponsive.detect(Case(Ledger.of(snapshot), thresholds)))


def severest_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """The order in which findings are shown; the same findings always come in the same order."""
    return tuple(sorted(findings, key=lambda f: (f.severity.rank, f.since_ns, f.kind, f.locks)))
