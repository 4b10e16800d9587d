"""DNS over UDP."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from locktrace_demo.protocol.response import Transport
from locktrace_demo.workers import Job

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_DATAGRAM = 65535


class UdpTransport:
    """A daemon thread ``udp`` that receives; whoever has a response sends it."""

    def __init__(self, bound: socket.socket, submit: Callable[[Job], bool]) -> None:
        bound.setblocking(False)
        self._socket = bound
        self._submit = submit
        self._stop_reader, self._stop_writer = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="udp", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float) -> None:
        self._stop_writer.close()
        self._thread.join(patience)
        self._stop_reader.close()
        self._socket.close()

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._stop_reader, selectors.EVENT_READ)
            while all(key.fileobj is self._socket for key, _ in selector.select()):
                self._receive()

    def _receive(self) -> None:
        with suppress(OSError):  # taken back by the kernel (a bad checksum), or a peer's error
            wire, peer = self._socket.recvfrom(_LARGEST_DATAGRAM)
            self._submit(Job(wire, Transport.UDP, partial(self._send, peer)))

    def _send(self, peer: Any, wire: bytes | None) -> None:
        if wire is not None:
            with suppress(OSError):  # UDP promises nothing, and the peer may be a bad address
                self._socket.sendto(wire, peer)
