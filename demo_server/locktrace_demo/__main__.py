"""``python -m locktrace_demo``: serve until SIGINT or SIGTERM."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from locktrace_demo.errors import DemoError
from locktrace_demo.load_process import load_on
from locktrace_demo.options import build_parser
from locktrace_demo.server import Server, Settings
from locktrace_demo.signals import EndSignals
from locktrace_demo.stores import open_store

if TYPE_CHECKING:
    import argparse


def main() -> int:
    """Exit code: 0 when told to end, 2 with a sentence on stderr if it could not serve."""
    options = build_parser().parse_args()
    try:
        with EndSignals() as end:
            _serve(options, end)
    except DemoError as error:
        print(f"locktrace_demo: {error}", file=sys.stderr)
        return 2
    return 0


def _serve(options: argparse.Namespace, end: EndSignals) -> None:
    settings = Settings(
        host=options.host,
        port=options.port,
        scenario=options.scenario,
        reload_every=options.reload_every,
        workers=options.workers,
        backlog=options.queue,
    )
    with closing(open_store(options.store)) as store:
        with Server(settings, store) as server, load_on(server, options.load):
            _say(
                f"serving {', '.join(server.zones)} on {_place(server)} (udp+tcp), "
                f"scenario {options.scenario}, pid {os.getpid()}"
            )
            end.wait(options.duration)
        _say(", ".join(f"{event} {count}" for event, count in server.stats().items()))


def _place(server: Server) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{host}:{server.port}"


def _say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # Nobody reads any more, which is no reason to end. The interpreter flushes again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
