"""A callee's locks in its caller's names."""

from __future__ import annotations

import re
from dataclasses import replace

from locktrace.scan.paths import Alternatives, Delta
from locktrace.scan.records import LockRef


def translated(
    ways: Alternatives, callee: str, args: dict[str, str], locks: dict[str, LockRef]
) -> Alternatives:
    """The callee's locks as the caller names them; those that it cannot name are left out."""
    found = []
    for way in ways:
        changes = []
        for delta in way:
            key = key_for_caller(delta.lock.key, callee, args)
            if key is not None:
                lock = replace(delta.lock, key=key)
                locks.setdefault(key, lock)
                changes.append(Delta(lock, delta.mode, delta.change))
        found.append(tuple(changes))
    return tuple(found)


def key_for_caller(key: str, callee: str, args: dict[str, str]) -> str | None:
    """A callee's key in the caller's names: globals as they are, what hangs on a parameter by its
    argument.
    """
    if key.startswith("~"):
        return None
    if key.startswith("@"):
        return None if key.startswith(f"@{callee}.<locals>.") else key
    root = re.split(r"[.\[]", key, maxsplit=1)[0]
    base = args.get(root)
    return None if base is None else base + key[len(root) :]
