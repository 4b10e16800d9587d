"""Opening a session on a running process, for the commands that observe one."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from locktrace.diagnose import Thresholds
    from locktrace.family.feed import FamilyFeed
    from locktrace.launch.reach import Reached
    from locktrace.model import Snapshot
    from locktrace.observe.agent_source import AgentSource
    from locktrace.observe.source import Source, State
    from locktrace.session import Session

    Dress = Callable[[Snapshot], Snapshot]

SETTLE_S = 10.0
ONLY_OBSERVED = (
    "locktrace: the C core cannot serve in process {pid}{why}, so it is only observed: of locks "
    "made before now nothing is seen, neither who holds nor who waits; of later ones all is"
)

By = Annotated[Method, typer.Option("--method", help="How to get in, where no agent is there yet.")]
Detach = Annotated[bool, typer.Option("--detach", help="At the end take the agent out again.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say how it would be done, and change nothing.")
]


Children = Annotated[
    bool, typer.Option("--children", help="Follow its descendants too, as a server's workers.")
]


class Witness(StrEnum):
    """Who is asked about a process."""

    AGENT = "agent"
    KERNEL = "kernel"
    BOTH = "both"


SourceOption = Annotated[
    Witness,
    typer.Option("--source", help="Ask the agent, the kernel (eBPF, nothing is put in), or both."),
]


def has_screen() -> bool:
    """Whether the screen can be shown: it is drawn on stderr, and a pipe wants lines."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def observe(
    pid: int,
    *,
    thresholds: Thresholds | None = None,
    keep: bool = True,
    method: Method = Method.AUTO,
    tell: bool = True,
    source: Witness = Witness.AGENT,
    dress: Dress | None = None,
) -> Session:
    """A session on `pid`; the agent is brought in if it is asked and not there.

    LocktraceError with a sentence when that cannot be. `keep` saves a stall snapshot when a stall
    is seen; `tell` says on stderr what a person should know of how we got in; `dress` is as for a
    Session.
    """
    asked, state = _sources(pid, method, source, tell)
    return _session(asked, thresholds, keep, state, dress)


def observe_family(
    pid: int, *, thresholds: Thresholds, method: Method, keep: bool = True
) -> FamilyFeed:
    """`pid` and its descendants, those that come later too."""
    from locktrace.family.feed import FamilyFeed
    from locktrace.family.introductions import Introductions
    from locktrace.family.scout import Scout
    from locktrace.launch.processes import connect
    from locktrace.observe.agent_source import AgentSource
    from locktrace.snapshots.store import StallStore

    dress = Introductions().dress

    def connected(child: int) -> Session:
        return _session(AgentSource(connect(child), child), thresholds, keep, dress=dress)

    def entered(child: int, tell: bool = False) -> Session:
        return observe(
            child, thresholds=thresholds, keep=keep, method=method, tell=tell, dress=dress
        )

    lead = entered(pid, tell=True)
    scout = Scout(pid, open=connected, enter=entered)
    return FamilyFeed(lead, scout, store=StallStore() if keep else None)


def _session(
    source: Source,
    thresholds: Thresholds | None,
    keep: bool,
    state: State | None = None,
    dress: Dress | None = None,
) -> Session:
    from locktrace.session import Session
    from locktrace.snapshots.store import StallStore

    store = StallStore() if keep else None
    return Session(source, state=state, thresholds=thresholds, store=store, dress=dress)


def _sources(pid: int, method: Method, source: Witness, tell: bool) -> tuple[Source, State | None]:
    if source is Witness.AGENT:
        return _agent(pid, method, tell), None
    from locktrace.observe.kernel.source import BothSource, KernelSource
    from locktrace.observe.kernel.states import BothState, KernelState

    if source is Witness.KERNEL:
        kernel = KernelSource(pid)
        return kernel, KernelState(kernel.process, kernel.witness)
    agent = _agent(pid, method, tell)
    try:
        both = BothSource(agent, KernelSource(pid))
    except BaseException:
        agent.close()
        raise
    return both, BothState(both.process, both.witness, both.ask)


def _agent(pid: int, method: Method, tell: bool) -> AgentSource:
    from locktrace.launch.reach import reach
    from locktrace.observe.agent_source import AgentSource

    reached = reach(pid, method)
    if tell:
        _tell(pid, reached)
    return AgentSource(reached.connection, pid)


def _tell(pid: int, reached: Reached) -> None:
    if reached.entered is not None and reached.entered.core != "c":
        from locktrace.wording import plain

        why = f" ({plain(reached.entered.note)})" if reached.entered.note else ""
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


def refuse_kernel(source: Witness) -> None:
    """With --children it is the agents that are asked."""
    if source is not Witness.AGENT:
        raise typer.BadParameter("the kernel is asked about one process, not about its children")


def descendants_of(pid: int, wanted: bool) -> list[int]:
    """The pids of those that descend from `pid`, if they are `wanted`."""
    from locktrace.launch.processes import descendants

    return [process.pid for process in descendants(pid)] if wanted else []
