"""The command line."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter

from locktrace_demo.arguments import SentenceParser, duration, rate, whole_number
from locktrace_demo.scenarios import SCENARIOS

_DESCRIPTION = """\
A small authoritative DNS server (UDP and TCP) whose IP table is reloaded in the background under
a read-write lock. Each scenario but "healthy" has one lock bug, for locktrace to be shown on."""

_EXAMPLES = """\
examples:
  python -m locktrace_demo                                        the story: hangs after 5 minutes
  python -m locktrace_demo --reload-every 8s --load 50            the same, within seconds
  python -m locktrace_demo --scenario healthy --store sqlite:///tmp/zone.db
  dig @127.0.0.1 -p 5353 www.example A                            ask it something

SIGINT (Ctrl-C) and SIGTERM end it, with exit code 0; bad options, an address in use or a
store that cannot be read end it with exit code 2."""


def build_parser() -> ArgumentParser:
    parser = SentenceParser(
        prog="python -m locktrace_demo",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    _add_serving(parser)
    _add_scenario(parser)
    _add_running(parser)
    return parser


def _add_serving(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=5353,
        metavar="N",
        help="port for both UDP and TCP, 0 for any free one (%(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=whole_number(1, 512),
        default=8,
        metavar="N",
        help="threads that answer queries (%(default)s)",
    )
    parser.add_argument(
        "--queue",
        type=whole_number(1, 1_000_000),
        default=256,
        metavar="N",
        help="queries that may wait for a worker; more are dropped and counted (%(default)s)",
    )


def _add_scenario(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--scenario",
        choices=tuple(SCENARIOS),
        default=next(iter(SCENARIOS)),
        help="the lock bug: %(choices)s (%(default)s)",
        metavar="NAME",
    )
    parser.add_argument(
        "--reload-every",
        type=duration,
        default="5m",
        metavar="DURATION",
        help="time between reloads of the IP table: 500ms, 8s, 5m, 1h (%(default)s)",
    )
    parser.add_argument(
        "--store",
        default="sqlite::memory:",
        metavar="URL",
        help="where the zone is: sqlite::memory:, sqlite:///absolute/path, sqlite:relative/path "
        "or redis://host; an empty store gets a small zone (%(default)s)",
    )


def _add_running(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--load",
        type=rate,
        default=0.0,
        metavar="QPS",
        help="also ask the server so many queries per second, from a process of its own (0)",
    )
    parser.add_argument(
        "--duration",
        type=duration,
        metavar="DURATION",
        help="end after this time (default: when told to)",
    )
