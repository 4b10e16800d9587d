"""TCP clients, the well-behaved and the others."""

from __future__ import annotations

import socket
import struct
from contextlib import ExitStack

import dns.message
import dns.query
import pytest

from locktrace_demo.transports.tcp import TcpLimits
from tests.support import PATIENCE_S


@pytest.fixture
def connect():
    """Connect to a server's port; closed at the end."""
    with ExitStack() as stack:
        yield lambda server: stack.enter_context(
            socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
        )


def framed(name):
    wire = dns.message.make_query(name, "A").to_wire()
    return struct.pack("!H", len(wire)) + wire


def is_closed(connection):
    """Whether the server ends the connection without another byte."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_one_connection_takes_several_queries(serve, connect):
    connection = connect(serve())
    for name in ("www.example.", "alpha.example.", "missing.example."):
        query = dns.message.make_query(name, "A")
        dns.query.send_tcp(connection, query)
        response, _ = dns.query.receive_tcp(connection)
        assert query.is_response(response)


def test_queries_sent_without_waiting_are_all_answered(serve, connect):
    connection = connect(serve())
    queries = [dns.message.make_query(f"host-{n:03}.example.", "A") for n in range(40)]
    for query in queries:
        dns.query.send_tcp(connection, query)
    for query in queries:
        response, _ = dns.query.receive_tcp(connection)
        assert query.is_response(response)


def test_a_query_that_comes_byte_by_byte_is_answered(serve, connect):
    connection = connect(serve())
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in framed("www.example."):
        connection.send(bytes([byte]))
    response, _ = dns.query.receive_tcp(connection)
    assert response.answer


def test_a_client_that_has_sent_its_last_query_still_gets_the_answer(serve, connect):
    connection = connect(serve())
    connection.sendall(framed("www.example."))
    connection.shutdown(socket.SHUT_WR)
    response, _ = dns.query.receive_tcp(connection)
    assert response.answer
    assert is_closed(connection)


@pytest.mark.parametrize(
    "sent", [b"", b"\0", b"\0\x20half"], ids=["nothing", "half a length", "half a query"]
)
def test_a_client_that_does_not_go_on_is_closed(serve, connect, sent):
    connection = connect(serve(tcp=TcpLimits(patience=0.1)))
    connection.sendall(sent)
    assert is_closed(connection)


def test_a_client_that_does_not_take_its_answers_is_closed(serve, connect, until):
    server = serve(tcp=TcpLimits(patience=0.2))
    connection = connect(server)
    wire = dns.message.make_query("big.example.", "TXT").to_wire()

    def is_refused():
        try:
            connection.sendall((struct.pack("!H", len(wire)) + wire) * 100)
        except OSError:
            return True
        return False

    until(is_refused)
    assert dns.query.tcp(
        dns.message.make_query("www.example.", "A"),
        "127.0.0.1",
        port=server.port,
        timeout=PATIENCE_S,
    ).answer


def test_a_query_over_the_limit_of_size_ends_the_connection(serve, connect):
    connection = connect(serve())
    connection.sendall(struct.pack("!H", 4097))
    assert is_closed(connection)


def test_connections_over_the_limit_are_turned_away_and_counted(serve, connect, ask, until):
    server = serve(tcp=TcpLimits(connections=2))
    kept = [connect(server), connect(server)]
    for connection in kept:
        connection.sendall(framed("www.example."))
        assert dns.query.receive_tcp(connection)[0].answer
    assert is_closed(connect(server))
    assert server.stats()["turned away"] == 1
    kept.pop().close()

    def is_welcome():
        connection = connect(server)
        try:
            connection.sendall(framed("www.example."))
            return dns.query.receive_tcp(connection)[0].answer
        except (OSError, EOFError):
            return False

    until(is_welcome)


def test_slow_clients_do_not_keep_others_waiting(serve, connect, ask):
    server = serve(workers=2)
    for _ in range(20):
        connect(server).sendall(b"\0")
    assert ask(server.port, "www.example.", tcp=True).answer
    assert ask(server.port, "www.example.").answer
