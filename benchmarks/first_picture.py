"""Attaches to a process and prints the ns until the first picture is there; then detaches.

The clock starts when all is imported that `locktrace dump` imports: the command's own start-up.
"""

from __future__ import annotations

import sys
import time

from locktrace.cli.observing import SETTLE_S, leave, observe
from locktrace.launch import reach  # noqa: F401
from locktrace.observe import agent_source, detach  # noqa: F401
from locktrace.session import Session  # noqa: F401
from locktrace.snapshots import report, store  # noqa: F401


def main() -> None:
    pid = int(sys.argv[1])
    began = time.monotonic_ns()
    session = observe(pid, keep=False)
    view = session.settle(SETTLE_S)
    print(time.monotonic_ns() - began, len(view.snapshot.waits))
    session.close()
    leave(pid)


main()
