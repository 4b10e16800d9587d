"""Opening a session on a running process, for the commands that observe one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    import socket

    from locktrace.launch.reach import Reached
    from locktrace.session import Feed, Session

SETTLE_S = 10.0
ONLY_OBSERVED = (
    "locktrace: the C core cannot serve in process {pid}{why}, so it is only observed: locks made "
    "before now are in the first picture as it was found, and not traced from then on"
)

By = Annotated[Method, typer.Option("--method", help="How to get in, where no agent is there yet.")]
Detach = Annotated[bool, typer.Option("--detach", help="At the end take the agent out again.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say how it would be done, and change nothing.")
]


def observe(
    pid: int,
    *,
    stall_after: float | None = None,
    keep: bool = True,
    method: Method = Method.AUTO,
    tell: bool = True,
) -> Session:
    """A session on the agent in `pid`, which is brought in if it is not there.

    LocktraceError with a sentence when that cannot be. `keep` saves a stall snapshot when a stall
    is seen; `tell` says on stderr what a person should know of how we got in.
    """
    from locktrace.launch.reach import reach

    reached = reach(pid, method)
    if tell:
        _tell(pid, reached)
    return _session(reached.connection, pid, stall_after, keep)


def observe_family(pid: int, *, stall_after: float | None, method: Method) -> Feed:
    """`pid` and its descendants, those that come later too."""
    from locktrace.family.feed import FamilyFeed
    from locktrace.family.scout import Scout
    from locktrace.launch.processes import connect

    lead = observe(pid, stall_after=stall_after, method=method)
    scout = Scout(
        pid,
        open=lambda child: _session(connect(child), child, stall_after, True),
        enter=lambda child: observe(child, stall_after=stall_after, method=method, tell=False),
    )
    return FamilyFeed(lead, scout)


def _session(connection: socket.socket, pid: int, stall_after: float | None, keep: bool) -> Session:
    from locktrace.diagnose import Thresholds
    from locktrace.observe.agent_source import AgentSource
    from locktrace.session import Session
    from locktrace.snapshots.store import StallStore

    source = AgentSource(connection, pid)
    thresholds = Thresholds() if stall_after is None else Thresholds(stall_after=stall_after)
    return Session(source, thresholds=thresholds, store=StallStore() if keep else None)


def _tell(pid: int, reached: Reached) -> None:
    if reached.entered is not None and reached.entered.core != "c":
        why = f" ({reached.entered.note})" if reached.entered.note else ""
        typer.echo(ONLY_OBSERVED.format(pid=pid, why=why), err=True)


def tell_intention(pid: int, method: Method) -> None:
    """What `observe` would do, on standard output."""
    from locktrace.launch.reach import intention

    typer.echo(intention(pid, method))


def leave(pid: int) -> None:
    """Take the agent out of `pid`, as `--detach` asks; nothing to do when it has gone itself."""
    from contextlib import suppress

    from locktrace.errors import NoSuchProcessError, NotTracedError, TargetLostError
    from locktrace.observe.detach import detach

    with suppress(NoSuchProcessError, NotTracedError, TargetLostError):
        detach(pid)
