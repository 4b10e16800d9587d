"""What the server does with bytes that are no proper query."""

from __future__ import annotations

import random
import socket
import struct

import dns.message
import dns.opcode
import dns.rcode
import pytest

from locktrace_demo.counters import Counters
from locktrace_demo.filters import FilterChain
from locktrace_demo.protocol.response import Transport
from locktrace_demo.responder import Responder

QUESTION = b"\3www\7example\0" + struct.pack("!HH", 1, 1)
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)


def message(flags=0, counts=(1, 0, 0, 0), body=QUESTION):
    return struct.pack("!HHHHHH", 0xBEEF, flags, *counts) + body


@pytest.fixture
def respond():
    """The responder alone: every transport passes its bytes to this function."""
    responder = Responder(FilterChain([]), Counters())
    return lambda wire: responder.handle_wire(wire, Transport.UDP)


def test_a_proper_query_is_no_rubbish(respond):
    """What the other tests spoil is proper before they do."""
    assert dns.message.from_wire(respond(message())).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize(
    "wire",
    [
        pytest.param(b"\xbe\xef", id="an id alone"),
        pytest.param(b"\xbe\xef\x01", id="three bytes"),
        pytest.param(message(body=b"")[:11], id="a header cut short"),
        pytest.param(message(counts=(0, 0, 0, 0), body=b""), id="no question"),
        pytest.param(message(body=b""), id="a header that promises a question"),
        pytest.param(message(body=QUESTION[:-1]), id="a question cut short"),
        pytest.param(message(counts=(2, 0, 0, 0), body=QUESTION * 2), id="two questions"),
        pytest.param(message(counts=(65535, 0, 0, 0)), id="65535 questions"),
        pytest.param(message(body=QUESTION + b"!"), id="bytes after the end"),
        pytest.param(message(counts=(1, 0, 0, 1)), id="an additional record missing"),
        pytest.param(message(counts=(1, 0, 0, 2), body=QUESTION + OPT * 2), id="two OPT records"),
        pytest.param(message(counts=(1, 0, 0, 1), body=QUESTION + b"\1x" + OPT), id="OPT not root"),
        pytest.param(
            message(counts=(1, 0, 0, 1), body=QUESTION + OPT[:-1] + b"\2\0\0"),
            id="an EDNS option cut short",
        ),
        pytest.param(message(body=b"\0" + struct.pack("!HH", 41, 1)), id="a question for OPT"),
        pytest.param(message(body=b"\x40" + b"x" * 64 + b"\0\0\1\0\1"), id="a label of 64 bytes"),
        pytest.param(
            message(body=(b"\x3f" + b"x" * 63) * 4 + b"\0\0\1\0\1"), id="a name of 257 bytes"
        ),
        pytest.param(message(body=b"\xc0\x0c\0\1\0\1"), id="a pointer to itself"),
        pytest.param(message(body=b"\1x\xc0\x0c\0\1\0\1"), id="a pointer in a circle"),
        pytest.param(message(body=b"\xc0\xff\0\1\0\1"), id="a pointer beyond the end"),
        pytest.param(message(body=b"\x80\0\0\1\0\1"), id="a label of an unknown kind"),
    ],
)
def test_rubbish_is_a_format_error_under_its_own_id(respond, wire):
    response = dns.message.from_wire(respond(wire))
    assert response.id == 0xBEEF
    assert response.rcode() == dns.rcode.FORMERR
    assert not response.question


@pytest.mark.parametrize("wire", [b"", b"\xbe"], ids=["nothing", "half an id"])
def test_what_has_no_id_is_not_answered(respond, wire):
    assert respond(wire) is None


@pytest.mark.parametrize(
    "wire",
    [message(flags=0x8000), b"\xbe\xef\x80", message(flags=0x8000, body=b"")],
    ids=["whole", "three bytes", "spoilt"],
)
def test_a_response_is_never_answered(respond, wire):
    """Or two servers could be made to answer each other for ever."""
    assert respond(wire) is None


def test_rubbish_with_an_unknown_opcode_is_not_implemented(respond):
    response = dns.message.from_wire(respond(message(flags=2 << 11, body=b"?")))
    assert response.rcode() == dns.rcode.NOTIMP
    assert response.opcode() == dns.opcode.STATUS


def test_a_name_of_255_bytes_in_labels_of_63_is_no_rubbish(respond):
    longest = (b"\x3f" + b"x" * 63) * 3 + b"\x3d" + b"x" * 61 + b"\0"
    response = dns.message.from_wire(respond(message(body=longest + b"\0\1\0\1")))
    assert response.rcode() == dns.rcode.REFUSED


def test_compression_in_a_later_record_is_understood(respond):
    pointed = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 0, 4) + bytes(4)
    wire = message(counts=(1, 0, 0, 2), body=QUESTION + pointed + OPT)
    assert dns.message.from_wire(respond(wire)).edns == 0


def test_spoilt_queries_never_crash_it_and_are_answered_under_their_id(respond):
    """4000 queries with random bytes changed, cut or added."""
    chance = random.Random(2)
    whole = message(counts=(1, 0, 0, 1), body=QUESTION + OPT)
    for _ in range(4000):
        wire = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            wire[chance.randrange(2, len(wire))] = chance.randrange(256)
        wire = wire[: chance.randrange(2, len(wire) + 1)] + chance.randbytes(chance.randrange(4))
        response = respond(bytes(wire))
        is_response = len(wire) > 2 and wire[2] & 0x80
        assert (response is None) == bool(is_response)
        assert is_response or response[:2] == wire[:2]


@pytest.mark.parametrize(
    ("pointers", "rcode"), [(127, dns.rcode.REFUSED), (128, dns.rcode.FORMERR)]
)
def test_following_pointers_has_an_end(respond, pointers, rcode):
    """The owner of the second record points to a pointer to a pointer to … the root."""
    chain_at = 12 + len(QUESTION) + 11
    targets = [11, *range(chain_at, chain_at + 2 * (pointers - 2), 2)]
    chain = b"".join(struct.pack("!H", 0xC000 | target) for target in targets)
    holder = b"\0" + struct.pack("!HHIH", 10, 1, 0, len(chain)) + chain
    last = struct.pack("!H", 0xC000 | (chain_at + len(chain) - 2))
    owned = last + struct.pack("!HHIH", 1, 1, 0, 0)
    # All of this leads to the byte before the question: the last of the header, which is 0.
    wire = message(counts=(1, 1, 1, 0), body=QUESTION + holder + owned)
    assert dns.message.from_wire(respond(wire), question_only=True).rcode() == rcode


def test_rubbish_over_real_sockets_leaves_the_server_serving(serve, ask, is_answered, until):
    server = serve()
    chance = random.Random(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:

        def more_than_a_hundred():
            for _ in range(20):  # a busy machine drops what its buffers do not take
                udp.sendto(chance.randbytes(chance.randrange(0, 600)), ("127.0.0.1", server.port))
            return server.stats()["malformed"] > 100

        until(more_than_a_hundred)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as tcp:
            tcp.sendall(chance.randbytes(600))
    until(lambda: is_answered(server.port))  # the queue may have been full
    assert ask(server.port, "www.example.", tcp=True).answer
