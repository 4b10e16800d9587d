"""`locktrace attach PID` and `locktrace watch [PID]`: the live screen, or plain lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.cli.limits import Limits, StallAfter, thresholds
from locktrace.cli.observing import (
    By,
    Children,
    Detach,
    DryRun,
    SourceOption,
    descendants_of,
)
from locktrace.cli.sources import Witness
from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    from locktrace.diagnose import Thresholds
    from locktrace.view import Feed

ATTACH_EXAMPLES = (
    "Examples: locktrace attach 4242 · locktrace attach 4242 --children · "
    "locktrace attach 4242 --dry-run"
)
WATCH_EXAMPLES = "Examples: locktrace watch · locktrace watch 4242 --plain | tee locks.log"

Plain = Annotated[bool, typer.Option("--plain", help="Print lines instead of the screen.")]


def attach(
    pid: Annotated[int, typer.Argument(metavar="PID", help="Process to look into.")],
    plain: Plain = False,
    stall_after: StallAfter = None,
    limits: Limits = None,
    children: Children = False,
    method: By = Method.AUTO,
    detach: Detach = False,
    dry_run: DryRun = False,
    source: SourceOption = Witness.AGENT,
) -> None:
    """Open the live screen on a running Python process, also one that hangs already."""
    patience = thresholds(limits, stall_after)
    if dry_run:
        from locktrace.cli.observing import tell_intention

        tell_intention(pid, method)
    else:
        _show(pid, plain, patience, children, method, detach, source)


def watch(
    pid: Annotated[
        int | None,
        typer.Argument(metavar="PID", help="Process to watch; the only traced one if left out."),
    ] = None,
    plain: Plain = False,
    stall_after: StallAfter = None,
    limits: Limits = None,
    children: Children = False,
    method: By = Method.AUTO,
    detach: Detach = False,
    source: SourceOption = Witness.AGENT,
) -> None:
    """Watch a process live: its locks, who holds them, who waits."""
    patience = thresholds(limits, stall_after)
    chosen = pid if pid is not None else _only_traced(children)
    _show(chosen, plain, patience, children, method, detach, source)


def _show(
    pid: int,
    plain: bool,
    patience: Thresholds,
    children: bool,
    method: Method,
    detach: bool,
    source: Witness,
) -> None:
    from locktrace.cli.observing import end_in_order, has_screen, leave

    if detach:
        end_in_order()
    feed = _open(pid, patience, children, method, source)
    try:
        if plain or not has_screen():
            from locktrace.cli.plain import follow

            follow(feed)
        else:
            from locktrace_tui.app import LocktraceApp

            LocktraceApp(feed).run()
    finally:
        feed.close()
        if detach:
            for each in [pid, *descendants_of(pid, children)]:
                leave(each)


def _open(pid: int, patience: Thresholds, children: bool, method: Method, source: Witness) -> Feed:
    from locktrace.cli.observing import observe, observe_family

    if not children:
        return observe(pid, thresholds=patience, method=method, source=source)
    return observe_family(pid, thresholds=patience, method=method, source=source)


def _only_traced(children: bool) -> int:
    """Of several, with their `children`, the one that the others descend from."""
    from locktrace.errors import NotTracedError
    from locktrace.launch.processes import python_processes

    pids = [process.pid for process in python_processes() if process.socket]
    followed = {each for pid in pids for each in descendants_of(pid, children)}
    pids = [pid for pid in pids if pid not in followed]
    if len(pids) == 1:
        return pids[0]
    if not pids:
        raise NotTracedError(
            "no traced process is running; start one with `locktrace run …` or `locktrace demo`"
        )
    listed = ", ".join(map(str, pids))
    raise NotTracedError(f"{len(pids)} traced processes are running ({listed}): say which")
