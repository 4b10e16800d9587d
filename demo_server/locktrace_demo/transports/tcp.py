"""DNS over TCP."""

from __future__ import annotations

import asyncio
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from locktrace_demo.counters import Counters, Event
from locktrace_demo.protocol.response import Transport
from locktrace_demo.workers import Job

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """What clients may use: connections at once, bytes of a query, and seconds for one query.

    `patience` covers all of it: waiting for the next query, its answer, and the client taking it.
    """

    connections: int = 64
    query_size: int = 4096
    patience: float = 10.0


class TcpTransport:
    """A daemon thread ``tcp`` with an event loop for all connections: none keeps a worker waiting.

    The queries of one connection are answered in order, one at a time.
    """

    def __init__(
        self,
        listener: socket.socket,
        submit: Callable[[Job], bool],
        limits: TcpLimits,
        counters: Counters,
    ) -> None:
        self._listener = listener
        self._submit = submit
        self._limits = limits
        self._counters = counters
        self._connections = 0
        self._loop = asyncio.new_event_loop()
        self._stopping = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="tcp", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set_result, None)
        self._thread.join(patience)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._converse, sock=self._listener)
        await self._stopping
        server.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections > self._limits.connections:
                self._counters.add(Event.TURNED_AWAY)
                return
            # So that `drain` waits until all is sent, as `abort` throws away what is not.
            writer.transport.set_write_buffer_limits(0)
            with suppress(OSError, EOFError):  # the client left, or was too slow (TimeoutError)
                while await self._serve_query(reader, writer):
                    pass
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _serve_query(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """False if the client broke the limits."""
        async with asyncio.timeout(self._limits.patience):
            (size,) = struct.unpack("!H", await reader.readexactly(2))
            if size > self._limits.query_size:
                return False
            response = await self._answer(await reader.readexactly(size))
            if response is not None:
                writer.write(struct.pack("!H", len(response)) + response)
                await writer.drain()
        return True

    async def _answer(self, wire: bytes) -> bytes | None:
        answer: asyncio.Future[bytes | None] = self._loop.create_future()

        def settle(response: bytes | None) -> None:
            if not answer.done():
                answer.set_result(response)

        def reply(response: bytes | None) -> None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(settle, response)

        return await answer if self._submit(Job(wire, Transport.TCP, reply)) else None
