"""`locktrace demo`: the DNS filter server with the story's bug, and the screen on it."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from locktrace.launch.demo_server import DemoServer
    from locktrace.session import Session

EXAMPLES = (
    "Examples: locktrace demo · locktrace demo --scenario lock-order --load 100 · "
    "locktrace demo --port 5353 --no-watch"
)
COURSE_S = 45.0  # plain lines give up on a stall after this: a healthy server has none
SETTLE_S = 10.0


class Scenario(StrEnum):
    """What is wrong with the server."""

    LEAKED_READ_LOCK = "leaked-read-lock"
    HEALTHY = "healthy"
    LEAK_ON_ERROR = "leak-on-error"
    LOCK_ORDER = "lock-order"
    RECURSIVE_READ = "recursive-read"
    SLOW_RELOAD = "slow-reload"


def demo(
    scenario: Annotated[Scenario, typer.Option(help="The bug.")] = Scenario.LEAKED_READ_LOCK,
    load: Annotated[int, typer.Option(min=0, metavar="QPS", help="Queries per second.")] = 50,
    port: Annotated[int, typer.Option(min=0, max=65535, help="UDP and TCP; 0: any free one.")] = 0,
    watch: Annotated[bool, typer.Option(help="Open the screen; else serve until Ctrl-C.")] = True,
    no_trace: Annotated[bool, typer.Option("--no-trace", help="Serve without the agent.")] = False,
    reload_every: Annotated[str, typer.Option(help="Time between reloads, as 8s or 5m.")] = "6s",
) -> None:
    """Start the demo DNS server, under load, and watch it hang.

    Without a terminal the course is printed as lines and ends by itself.
    """
    from locktrace.cli.observing import has_screen
    from locktrace.launch.demo_server import DemoServer

    arguments = ["--scenario", scenario, "--load", str(load), "--port", str(port)]
    with DemoServer([*arguments, "--reload-every", reload_every], traced=not no_trace) as server:
        if no_trace or not watch:
            _serve(server)
        elif has_screen():
            _screen(server)
        else:
            _course(server)


def _serve(server: DemoServer) -> None:
    typer.echo(server.banner)
    if server.traced:
        typer.echo(f"locktrace attach {server.pid}   shows its locks; Ctrl-C ends it")
    server.wait()


def _screen(server: DemoServer) -> None:
    from locktrace_tui.app import LocktraceApp

    session = _session(server)
    try:
        LocktraceApp(session).run()
    finally:
        session.close()


def _course(server: DemoServer) -> None:
    """Lines until the stall snapshot is there, the snapshot last."""
    from locktrace.cli.plain import POLL_S, Lines
    from locktrace.errors import TargetLostError
    from locktrace.snapshots.report import render

    typer.echo(server.banner)
    session = _session(server)
    lines = Lines()
    deadline = time.monotonic() + COURSE_S
    try:
        while time.monotonic() < deadline:
            view = session.poll(POLL_S)
            lines.show(view)
            if view.ended is not None:
                raise TargetLostError(view.ended)
            if view.stalls:
                typer.echo(render(view.stalls[-1]), nl=False)
                return
        typer.echo(f"no stall in {COURSE_S:.0f} s")
    finally:
        session.close()


def _session(server: DemoServer) -> Session:
    from locktrace.cli.observing import observe

    session = observe(server.pid)
    session.settle(SETTLE_S)
    return session
