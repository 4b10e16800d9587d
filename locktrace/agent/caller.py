"""Calling the observer that awaits this process: the `locktrace run` that it descends from."""

from __future__ import annotations

import socket

from locktrace.agent.client import refusal


def call(place: str) -> socket.socket | None:
    """A connection to the socket at `place`; None if nobody of our user, or root, is there."""
    try:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        connection.setblocking(False)
        connection.connect(place)
        if refusal(connection) is None:
            return connection
    except (OSError, ValueError):
        pass
    connection.close()
    return None
