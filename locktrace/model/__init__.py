"""The records that every part of locktrace speaks in, and nothing else.

Times are nanoseconds of the target's ``CLOCK_MONOTONIC``, which on Linux is one clock
for all processes of a machine, so an observer may subtract its own reading from it.
"""

from __future__ import annotations

from locktrace.model.finding import Finding, RoleSite, Severity, StallSnapshot
from locktrace.model.history import (
    NO_HISTORY,
    Blocking,
    Contention,
    History,
    Nesting,
    Rereading,
    SiteTotal,
    Traffic,
)
from locktrace.model.ledger import (
    SIGNAL_KINDS,
    Actor,
    Certainty,
    Hold,
    Lock,
    Mode,
    Process,
    Wait,
)
from locktrace.model.site import Site, Stack
from locktrace.model.snapshot import Gap, Present, Snapshot, ThreadStack

__all__ = [
    "NO_HISTORY",
    "SIGNAL_KINDS",
    "Actor",
    "Blocking",
    "Certainty",
    "Contention",
    "Finding",
    "Gap",
    "History",
    "Hold",
    "Lock",
    "Mode",
    "Nesting",
    "Present",
    "Process",
    "Rereading",
    "RoleSite",
    "Severity",
    "Site",
    "SiteTotal",
    "Snapshot",
    "Stack",
    "StallSnapshot",
    "ThreadStack",
    "Traffic",
    "Wait",
]
