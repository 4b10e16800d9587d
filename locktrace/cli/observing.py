"""Opening a session on a running process, for the commands that observe one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.cli.sources import Sources, Witness
from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    from collections.abc import Callable

    from locktrace.cli.sources import Opened
    from locktrace.diagnose import Thresholds
    from locktrace.family.feed import FamilyFeed
    from locktrace.model import Snapshot
    from locktrace.session import Session
    from locktrace.suppression import Suppressions

    Dress = Callable[[Snapshot], Snapshot]

SETTLE_S = 10.0

By = Annotated[Method, typer.Option("--method", help="How to get in, where no agent is there yet.")]
Detach = Annotated[bool, typer.Option("--detach", help="At the end take the agent out again.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say how it would be done, and change nothing.")
]
Children = Annotated[
    bool, typer.Option("--children", help="Follow its descendants too, as a server's workers.")
]
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
    suppressions = _suppressions()  # before anything is done to the process: they may be wrong
    opened = Sources(source, method).enter(pid, tell=tell)
    return _session(opened, thresholds, keep, dress, suppressions)


def observe_family(
    pid: int,
    *,
    thresholds: Thresholds,
    method: Method,
    keep: bool = True,
    source: Witness = Witness.AGENT,
) -> FamilyFeed:
    """`pid` and its descendants, those that come later too."""
    from locktrace.family.feed import FamilyFeed
    from locktrace.family.introductions import Introductions
    from locktrace.family.scout import Scout
    from locktrace.snapshots.store import StallStore

    sources, suppressions = Sources(source, method), _suppressions()
    dress = Introductions().dress

    def session(opened: Opened) -> Session:
        return _session(opened, thresholds, keep, dress, suppressions)

    lead = session(sources.enter(pid, tell=True))
    scout = Scout(
        pid,
        open=lambda child: session(sources.open(child)),
        enter=lambda child: session(sources.enter(child)),
    )
    return FamilyFeed(lead, scout, store=StallStore() if keep else None)


def _session(
    opened: Opened,
    thresholds: Thresholds | None,
    keep: bool,
    dress: Dress | None,
    suppressions: Suppressions,
) -> Session:
    from locktrace.session import Session
    from locktrace.snapshots.store import StallStore

    source, state = opened
    store = StallStore() if keep else None
    return Session(
        source,
        state=state,
        thresholds=thresholds,
        store=store,
        dress=dress,
        suppressions=suppressions,
    )


def _suppressions() -> Suppressions:
    from locktrace.suppression import Suppressions, configured

    return Suppressions(configured(Path.cwd()))


def end_in_order() -> None:
    """Have SIGTERM, and SIGHUP of a terminal that is closed, end the command as Ctrl-C does: what
    is to be done at its end is done."""
    import signal

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))


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


def descendants_of(pid: int, wanted: bool) -> list[int]:
    """The pids of those that descend from `pid`, if they are `wanted`."""
    from locktrace.launch.processes import descendants

    return [process.pid for process in descendants(pid)] if wanted else []
