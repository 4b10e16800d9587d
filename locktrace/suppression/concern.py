"""The places that a finding is about: a suppression at any of them is meant for it."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Finding, Site, Snapshot


def sites_of(snapshot: Snapshot, finding: Finding) -> Iterator[Site]:
    """Where its locks were made, and where they were taken, are wanted, or were taken once."""
    for listed in finding.sites:
        yield listed.site
    for hold in finding.past:
        if hold.site is not None:
            yield hold.site
    for lock in finding.locks:
        known = snapshot.locks.get(lock) or snapshot.history.names.get(lock)
        if known is not None and known.created_at is not None:
            yield known.created_at
