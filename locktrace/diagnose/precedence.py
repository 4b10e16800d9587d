"""Which finding is kept of two that tell of the same lock: the one that says why."""

from __future__ import annotations

from collections.abc import Iterable

from locktrace.diagnose import (
    deadlock,
    event_loop_blocked,
    held_while_blocking,
    pending_writer,
    stall,
    writer_starvation,
)
from locktrace.diagnose.registry import EXPLANATIONS
from locktrace.model import Finding, Severity

_REASONS = {
    held_while_blocking.KIND: EXPLANATIONS,
    stall.KIND: EXPLANATIONS - {stall.KIND},
    event_loop_blocked.KIND: EXPLANATIONS - {stall.KIND, event_loop_blocked.KIND},
    writer_starvation.KIND: frozenset({deadlock.KIND}),
    pending_writer.KIND: frozenset({deadlock.KIND}),
}
"""By kind, the kinds that tell why, and all that it tells."""


def is_outdone(early: Finding, later: Iterable[Finding]) -> bool:
    """Whether one of those found `later` says all that `early` does; what is over stays."""
    reasons = _REASONS.get(early.kind, frozenset())
    return early.severity is not Severity.INFO and any(
        each.kind in reasons and each.locks and set(early.locks) <= set(each.locks)
        for each in later
    )


def take_in(found: dict[tuple[object, ...], Finding], later: Iterable[Finding]) -> None:
    """Add to those `found` so far, by key, what was found `later`, and drop what that outdoes."""
    later = list(later)
    for key, finding in list(found.items()):
        if is_outdone(finding, later):
            del found[key]
    found.update((finding.key, finding) for finding in later)


def is_repeated(own: Finding, shared: Iterable[Finding]) -> bool:
    """Whether one of those found of several processes says all that `own` does, which is of one
    of them. The locks of both have the same ids."""
    shared = list(shared)
    return is_outdone(own, shared) or any(
        each.kind == own.kind and own.locks and set(own.locks) <= set(each.locks) for each in shared
    )
