"""Where the processes that a `locktrace run` has brought about come to be observed."""

from __future__ import annotations

import os
import select
import socket
from dataclasses import dataclass

from locktrace.agent.client import refusal
from locktrace.agent.listener import Listener
from locktrace.launch.processes import peer_pid
from locktrace.wire import endpoint

BACKLOG = 1024  # calls do not wait: one that finds the queue full is not heard


@dataclass(frozen=True, slots=True)
class Arrival:
    """A process that has called; it is served by reading what it says."""

    pid: int
    connection: socket.socket


class Gathering:
    """A listening socket, and those who have called and not spoken yet.

    OSError, with the reason, if there is no place for the socket.
    """

    def __init__(self) -> None:
        self._listener = Listener(endpoint.run_socket_name(os.getpid()), BACKLOG)
        self._silent: list[Arrival] = []

    @property
    def path(self) -> str:
        return self._listener.path

    def arrivals(self, most: int) -> list[Arrival]:
        """At most `most` processes that have called and have now something to say.

        The others stay in the queue, and what they say in their sockets.
        """
        while len(self._silent) < most and (connection := self._listener.accept()) is not None:
            if refusal(connection) is None:
                self._silent.append(Arrival(peer_pid(connection), connection))
            else:
                connection.close()
        poll = select.poll()
        for arrival in self._silent:
            poll.register(arrival.connection, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(0)}
        speaking = [a for a in self._silent if a.connection.fileno() in ready]
        self._silent = [a for a in self._silent if a.connection.fileno() not in ready]
        return speaking

    def close(self) -> tuple[Arrival, ...]:
        """Let nobody in any more; those who never spoke."""
        self._listener.close(unlink=True)
        silent, self._silent = tuple(self._silent), []
        for arrival in silent:
            arrival.connection.close()
        return silent
