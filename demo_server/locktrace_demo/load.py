"""A load of real queries: ``python -m locktrace_demo.load --port 5353 --qps 50``.

The loop is open: a server that does not answer is asked at the same rate.
"""

from __future__ import annotations

import math
import os
import random
import select
import signal
import socket
import sys
import time
from contextlib import suppress

from dnslib import QTYPE, DNSHeader, DNSQuestion, DNSRecord

from locktrace_demo import seed
from locktrace_demo.arguments import SentenceParser, rate, whole_number

_LONGEST_PAUSE = 0.5
_LARGEST_DATAGRAM = 65535
# How often each kind of question comes, in parts.
_HOST, _SERVICE, _MISSING, _ZONE_DATA, _BROKEN = 60, 15, 15, 5, 5


class QueryMix:
    """Questions about the seed's hosts and services, its broken name, and names not there."""

    def __init__(self, zone: str, chance: random.Random) -> None:
        self._zone = zone
        self._chance = chance

    def next(self) -> bytes:
        """A query on the wire."""
        name, qtype = self._question()
        header = DNSHeader(id=self._chance.randrange(1 << 16), rd=0)
        return bytes(DNSRecord(header, q=DNSQuestion(name, getattr(QTYPE, qtype))).pack())

    def _question(self) -> tuple[str, str]:
        kinds = (self._host, self._service, self._missing, self._zone_data, self._broken)
        (kind,) = self._chance.choices(kinds, (_HOST, _SERVICE, _MISSING, _ZONE_DATA, _BROKEN))
        return kind()

    def _host(self) -> tuple[str, str]:
        return f"{self._chance.choice(seed.HOSTS)}.{self._zone}", self._address_type()

    def _service(self) -> tuple[str, str]:
        return f"{self._chance.choice(seed.SERVICES)}.{self._zone}", self._address_type()

    def _missing(self) -> tuple[str, str]:
        return f"missing-{self._chance.randrange(1 << 32):08x}.{self._zone}", "A"

    def _zone_data(self) -> tuple[str, str]:
        return self._zone, self._chance.choice(("SOA", "NS", "TXT"))

    def _broken(self) -> tuple[str, str]:
        return f"{seed.BROKEN}.{self._zone}", "A"

    def _address_type(self) -> str:
        return self._chance.choice(("A", "AAAA"))


class Load:
    """Sends at a steady rate and counts what comes back; keeps nothing per query."""

    def __init__(self, connected: socket.socket, mix: QueryMix, qps: float) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._mix = mix
        self._interval = 1 / qps if qps else math.inf
        self._next_due = time.monotonic()
        self.sent = 0
        self.answered = 0

    def step(self) -> None:
        """Send what is due, then read until the next query is."""
        now = time.monotonic()
        # After a pause (a stopped process) go on at the rate, without a burst.
        self._next_due = max(self._next_due, now - _LONGEST_PAUSE)
        while self._next_due <= now:
            with suppress(OSError):  # refused while the server is away, or no room to send
                self._socket.send(self._mix.next())
                self.sent += 1
            self._next_due += self._interval
        pause = min(_LONGEST_PAUSE, self._next_due - time.monotonic())
        if select.select([self._socket], [], [], max(0.0, pause))[0]:
            with suppress(OSError):
                self._socket.recv(_LARGEST_DATAGRAM)
                self.answered += 1


def main() -> None:
    options = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        connected = _connect(options.host, options.port)
    except (OSError, UnicodeError) as error:
        sys.exit(f"locktrace_demo.load: cannot ask {options.host}: {error}")
    with connected:
        load = Load(connected, QueryMix(options.zone, random.Random()), options.qps)
        try:
            while options.parent in (None, os.getppid()):
                load.step()
        finally:
            print(f"sent {load.sent}, answered {load.answered}")


def _connect(host: str, port: int) -> socket.socket:
    ((family, kind, _, _, address), *_) = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    connected = socket.socket(family, kind)
    connected.connect(address)
    return connected


def _parser() -> SentenceParser:
    parser = SentenceParser(prog="python -m locktrace_demo.load", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=whole_number(1, 65535), default=5353)
    parser.add_argument("--qps", type=rate, default=50.0, help="queries per second (%(default)s)")
    parser.add_argument("--zone", default=seed.ZONE, help="the zone to ask about (%(default)s)")
    parser.add_argument(
        "--parent", type=int, help="end when this process is not the parent any more"
    )
    return parser


if __name__ == "__main__":
    main()
