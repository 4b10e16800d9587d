"""Opening a session on a running process, for the commands that observe one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locktrace.session import Session

SETTLE_S = 10.0


def observe(pid: int, *, stall_after: float | None = None, keep: bool = True) -> Session:
    """A session on the agent in `pid`; LocktraceError with a sentence when there is none.

    `keep` saves a stall snapshot when a stall is seen.
    """
    from locktrace.diagnose import Thresholds
    from locktrace.launch.processes import connect
    from locktrace.observe.agent_source import AgentSource
    from locktrace.session import Session
    from locktrace.snapshots.store import StallStore

    source = AgentSource(connect(pid), pid)
    thresholds = Thresholds() if stall_after is None else Thresholds(stall_after=stall_after)
    return Session(source, thresholds=thresholds, store=StallStore() if keep else None)
