"""A process that our thread alone keeps from ending.

A child that was forked by another thread than its parent's first ends with that thread, by
`pthread_exit`, once no other is left: there the thread of the agent must not stay behind.
"""

from __future__ import annotations

import os


def is_deserted() -> bool:
    """Whether the process's first thread has ended, and only the calling one is left."""
    try:
        threads = os.listdir("/proc/self/task")
        with open("/proc/self/stat", "rb") as file:
            state = file.read().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return len(threads) == 2 and state == b"Z"  # one that has ended first stays in the list
