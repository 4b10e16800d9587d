"""The sites of a finding and the parts they play in it."""

from __future__ import annotations

from collections.abc import Iterable

from locktrace.diagnose.ledger import Ledger
from locktrace.model import Mode, RoleSite, Site, Wait
from locktrace.wording import lock_name

MOST_NAMED = 10
"""Sites and actors that one finding lists; its `count` tells of all."""


def role_of(ledger: Ledger, wait: Wait) -> str:
    """``reader`` or ``writer`` of a read-write lock, ``waiter`` for any other."""
    if wait.lock not in ledger.read_write:
        return "waiter"
    return "reader" if wait.mode is Mode.SHARED else "writer"


def wish_of(ledger: Ledger, wait: Wait) -> str:
    """What the actor waits for, as ``waits …`` goes on: ``to read ip_table``, ``for cache``."""
    wishes = {"reader": "to read", "writer": "to write", "waiter": "for"}
    return f"{wishes[role_of(ledger, wait)]} {lock_name(ledger.snapshot, wait.lock)}"


def wait_sites(ledger: Ledger, waits: Iterable[Wait]) -> list[tuple[Site | None, str]]:
    return [(wait.site, role_of(ledger, wait)) for wait in waits]


def creators(ledger: Ledger, locks: Iterable[int]) -> list[tuple[Site | None, str]]:
    """Where the locks were made, those that are gone included."""
    known = (ledger.known(lock) for lock in locks)
    return [(lock.created_at, "creator") for lock in known if lock is not None]


def role_sites(pairs: Iterable[tuple[Site | None, str]]) -> tuple[RoleSite, ...]:
    """Each known site once for each role, in the order given, `MOST_NAMED` at most."""
    known = dict.fromkeys(RoleSite(site, role) for site, role in pairs if site is not None)
    return tuple(known)[:MOST_NAMED]


def named(actors: Iterable[int]) -> tuple[int, ...]:
    """Each actor once, in the order given, `MOST_NAMED` at most."""
    return tuple(dict.fromkeys(actors))[:MOST_NAMED]
