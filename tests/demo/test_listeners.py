"""Binding UDP and TCP on one port."""

from __future__ import annotations

import socket

import pytest

from locktrace_demo.errors import DemoError
from locktrace_demo.listeners import bind_both


def test_any_free_port_is_the_same_one_for_both():
    udp, tcp = bind_both("127.0.0.1", 0)
    with udp, tcp:
        assert udp.getsockname() == tcp.getsockname()


def test_a_port_taken_for_udp_is_given_back_for_tcp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(DemoError) as caught:
            bind_both("127.0.0.1", port)
        # The error still keeps alive what was bound, unless that was closed.
        socket.create_server(("127.0.0.1", port)).close()
        assert "Address already in use" in str(caught.value)
