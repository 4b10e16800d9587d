"""The server: sockets, workers, the filter chain and the reload, put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from locktrace_demo.counters import Counters, Event
from locktrace_demo.filters import FilterChain
from locktrace_demo.filters.block_list import BlockList
from locktrace_demo.filters.zone_guard import ZoneGuard
from locktrace_demo.listeners import bind_both
from locktrace_demo.reloader import Reloader
from locktrace_demo.responder import Responder
from locktrace_demo.scenarios import SCENARIOS
from locktrace_demo.seed import BLOCKED, ZONE
from locktrace_demo.transports.tcp import TcpLimits, TcpTransport
from locktrace_demo.transports.udp import UdpTransport
from locktrace_demo.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from locktrace_demo.stores import Store

_PATIENCE = 0.5
"""Seconds that each part gets to end; what is blocked for ever by the scenario is left behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serve; `reload_every` in seconds, `backlog` in queries that may wait for a worker."""

    host: str = "127.0.0.1"
    port: int = 5353
    scenario: str = next(iter(SCENARIOS))
    reload_every: float = 300.0
    workers: int = 8
    backlog: int = 256
    tcp: TcpLimits = field(default_factory=TcpLimits)


class Server:
    """Serves while its context lasts. `store` stays the caller's to close."""

    def __init__(self, settings: Settings, store: Store) -> None:
        """Reads the table and binds the sockets; raises StoreError or DemoError."""
        self._counters = Counters()
        authority = SCENARIOS[settings.scenario](store)
        self.zones = tuple(map(str, authority.zones))
        chain = FilterChain(
            [ZoneGuard(authority.zones), BlockList([f"{BLOCKED}.{ZONE}"]), authority]
        )
        responder = Responder(chain, self._counters)
        udp, tcp = bind_both(settings.host, settings.port)
        self.host, self.port = tcp.getsockname()[:2]
        self._workers = WorkerPool(
            responder.handle_wire, settings.workers, settings.backlog, self._counters
        )
        self._udp = UdpTransport(udp, self._workers.submit)
        self._tcp = TcpTransport(tcp, self._workers.submit, settings.tcp, self._counters)
        self._reloader = Reloader(authority.reload, settings.reload_every, self._counters)

    def stats(self) -> Mapping[Event, int]:
        """What has happened so far, counted."""
        return self._counters.read()

    def __enter__(self) -> Server:
        for part in (self._workers, self._udp, self._tcp, self._reloader):
            part.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in (self._reloader, self._tcp, self._udp, self._workers):
            part.stop(_PATIENCE)
