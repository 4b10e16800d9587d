"""The environment in which a Python program starts traced, and its children too."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

SITE = Path(__file__).parent / "site"


def traced(
    environ: Mapping[str, str], fd: int | None = None, run: str = "", rwlocks: str = ""
) -> dict[str, str]:
    """`environ` with the agent switched on.

    `fd` is an inherited connection to an observer, `run` the socket at which one awaits the
    processes that have none, `rwlocks` what `rwlocks.configured` gives.
    """
    path = environ.get("PYTHONPATH", "")
    changed = dict(environ)
    changed["LOCKTRACE"] = "1"
    changed["PYTHONPATH"] = f"{SITE}{os.pathsep}{path}" if path else str(SITE)
    if fd is not None:
        changed["LOCKTRACE_FD"] = str(fd)
    if run:
        changed["LOCKTRACE_RUN"] = run
    if rwlocks:
        changed["LOCKTRACE_RWLOCKS"] = rwlocks
    return changed
