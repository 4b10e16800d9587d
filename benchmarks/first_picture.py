"""Attaches to a process; prints the ns until the first picture is there, those for which a thread
of it was borrowed (0: none was), and how many waits the picture has; then detaches.

The clock starts when all is imported that `locktrace dump` imports: the command's own start-up.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Any

from locktrace.cli.observing import SETTLE_S, leave, observe
from locktrace.launch import reach  # noqa: F401
from locktrace.launch.inject import by_ptrace
from locktrace.observe import agent_source, detach  # noqa: F401
from locktrace.session import Session  # noqa: F401
from locktrace.snapshots import report, store  # noqa: F401


class Borrowing:
    """How long a thread is borrowed, in ns."""

    def __init__(self) -> None:
        self.ns = 0
        self._borrowed = by_ptrace.borrowed

    @contextlib.contextmanager
    def __call__(self, *arguments: Any) -> Iterator[Any]:
        with self._borrowed(*arguments) as tracee:
            began = time.monotonic_ns()
            yield tracee
        self.ns = time.monotonic_ns() - began


def main() -> None:
    pid = int(sys.argv[1])
    borrowing = by_ptrace.borrowed = Borrowing()  # type: ignore[assignment]
    began = time.monotonic_ns()
    session = observe(pid, keep=False)
    view = session.settle(SETTLE_S)
    print(time.monotonic_ns() - began, borrowing.ns, len(view.snapshot.waits))
    session.close()
    leave(pid)


main()
