"""Binds the server's two sockets."""

from __future__ import annotations

import socket

from locktrace_demo.errors import DemoError

_TRIES = 20


def bind_both(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A bound UDP and a listening TCP socket on one port, which for port 0 is any free one.

    Raises DemoError if the address is not to be had.
    """
    tries = _TRIES if port == 0 else 1
    while True:
        tries -= 1
        try:
            return _bind(host, port)
        except (OSError, UnicodeError) as error:
            # A port that is free for TCP may be taken for UDP: then the next one.
            if not tries:
                reason = getattr(error, "strerror", None) or error
                raise DemoError(f"cannot listen on {host} port {port}: {reason}") from error


def _bind(host: str, port: int) -> tuple[socket.socket, socket.socket]:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    tcp = socket.create_server((host, port), family=family)
    udp = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        udp.bind(tcp.getsockname()[:2])
    except OSError:
        udp.close()
        tcp.close()
        raise
    return udp, tcp
