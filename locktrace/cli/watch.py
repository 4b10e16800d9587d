"""`locktrace attach PID` and `locktrace watch [PID]`: the live screen, or plain lines."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from locktrace.cli.observing import By, Detach, DryRun
from locktrace.launch.inject.method import Method

ATTACH_EXAMPLES = "Examples: locktrace attach 4242 · locktrace attach 4242 --dry-run"
WATCH_EXAMPLES = "Examples: locktrace watch · locktrace watch 4242 --plain | tee locks.log"

Plain = Annotated[bool, typer.Option("--plain", help="Print lines instead of the screen.")]
StallAfter = Annotated[
    float | None, typer.Option(min=0.1, help="Seconds a wait lasts before it is a stall.")
]


def attach(
    pid: Annotated[int, typer.Argument(help="Process to look into.")],
    plain: Plain = False,
    stall_after: StallAfter = None,
    method: By = Method.AUTO,
    detach: Detach = False,
    dry_run: DryRun = False,
) -> None:
    """Open the live screen on a running Python process, also one that hangs already."""
    if dry_run:
        from locktrace.cli.observing import tell_intention

        tell_intention(pid, method)
    else:
        _show(pid, plain, stall_after, method, detach)


def watch(
    pid: Annotated[
        int | None, typer.Argument(help="Process to watch; the only traced one if left out.")
    ] = None,
    plain: Plain = False,
    stall_after: StallAfter = None,
    method: By = Method.AUTO,
    detach: Detach = False,
) -> None:
    """Watch a process live: its locks, who holds them, who waits."""
    _show(pid if pid is not None else _only_traced(), plain, stall_after, method, detach)


def _show(pid: int, plain: bool, stall_after: float | None, method: Method, detach: bool) -> None:
    from locktrace.cli.observing import leave, observe

    session = observe(pid, stall_after=stall_after, method=method)
    try:
        if plain or not sys.stdout.isatty():
            from locktrace.cli.plain import follow

            follow(session)
        else:
            from locktrace_tui.app import LocktraceApp

            LocktraceApp(session).run()
    finally:
        session.close()
        if detach:
            leave(pid)


def _only_traced() -> int:
    from locktrace.errors import NotTracedError
    from locktrace.launch.processes import python_processes

    pids = [process.pid for process in python_processes() if process.socket]
    if len(pids) == 1:
        return pids[0]
    if not pids:
        raise NotTracedError(
            "no traced process is running; start one with `locktrace run …` or `locktrace demo`"
        )
    listed = ", ".join(map(str, pids))
    raise NotTracedError(f"{len(pids)} traced processes are running ({listed}): say which")
