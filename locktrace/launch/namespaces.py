"""A process in another mount or pid namespace, or with another root: how we see what it sees."""

from __future__ import annotations

import contextlib
import os


def root(pid: int) -> str:
    """What to put before a path of process `pid`; empty where it sees the same files as we do."""
    there = f"/proc/{pid}/root"
    try:
        ours, theirs = os.stat("/"), os.stat(there)
        same = (ours.st_dev, ours.st_ino) == (theirs.st_dev, theirs.st_ino)
        if same and os.readlink("/proc/self/ns/mnt") == os.readlink(f"/proc/{pid}/ns/mnt"):
            return ""
    except OSError:  # somebody else's, or gone
        return ""
    return there


def inner_pid(pid: int) -> int:
    """The pid by which the process knows itself."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("NSpid:"):
                return int(line.split()[-1])
    return pid


def same_clock(pid: int) -> bool:
    """Whether CLOCK_MONOTONIC says the same there as here, as it does but in a time namespace."""
    try:
        return os.readlink("/proc/self/ns/time") == os.readlink(f"/proc/{pid}/ns/time")
    except OSError:  # somebody else's, gone, or a kernel without time namespaces
        return True
