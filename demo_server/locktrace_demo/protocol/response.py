"""Responses, and how they are written to the wire."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

from dnslib import EDNS0, RR, DNSHeader, DNSLabel, DNSQuestion, DNSRecord

if TYPE_CHECKING:
    from locktrace_demo.protocol.name import Name
    from locktrace_demo.protocol.query import Edns, Header, Query

_CLASSIC_UDP_SIZE = 512
_LARGEST_UDP_SIZE = 4096
_LARGEST_MESSAGE = 65535


class Transport(StrEnum):
    UDP = "udp"
    TCP = "tcp"


class Rcode(IntEnum):
    NOERROR = 0
    FORMERR = 1
    SERVFAIL = 2
    NXDOMAIN = 3
    NOTIMP = 4
    REFUSED = 5
    BADVERS = 16


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `data` is dnslib's. Without an `owner` it is the name asked for, case kept."""

    rtype: int
    ttl: int
    data: Any
    owner: Name | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, independent of who asked: it may be cached and written many times."""

    rcode: Rcode
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    authoritative: bool = False


def size_limit(query: Query, transport: Transport) -> int:
    """Bytes a response to `query` may have: over UDP what the client can take, at most 4096."""
    if transport is Transport.TCP:
        return _LARGEST_MESSAGE
    asked = query.edns.udp_size if query.edns else 0
    return min(max(asked, _CLASSIC_UDP_SIZE), _LARGEST_UDP_SIZE)


def render(header: Header, query: Query, response: Response, limit: int) -> bytes:
    """The response on the wire; without its records and with TC set if it exceeds `limit` bytes."""
    message = _start(header, response)
    message.add_question(_question(query))
    message.add_answer(*(_resource(record, query.name) for record in response.answers))
    message.add_auth(*(_resource(record, query.name) for record in response.authority))
    if query.edns:
        message.add_ar(_opt(query.edns, response.rcode))
    wire = bytes(message.pack())
    if len(wire) <= limit:
        return wire
    message.header.tc = 1
    message.rr.clear()
    message.auth.clear()
    return bytes(message.pack())


def render_error(header: Header, rcode: Rcode) -> bytes:
    """The header alone, for a message whose question cannot be understood."""
    return bytes(_start(header, Response(rcode)).pack())


def _start(header: Header, response: Response) -> DNSRecord:
    return DNSRecord(
        DNSHeader(
            id=header.id,
            bitmap=0,
            qr=1,
            opcode=header.opcode,
            aa=response.authoritative,
            rd=header.recursion_desired,
            cd=header.checking_disabled,
            rcode=response.rcode & 0xF,
        )
    )


def _question(query: Query) -> DNSQuestion:
    return DNSQuestion(DNSLabel(query.name.labels), query.qtype, query.qclass)


def _resource(record: Record, asked: Name) -> RR:
    owner = record.owner or asked
    return RR(DNSLabel(owner.labels), record.rtype, ttl=record.ttl, rdata=record.data)


def _opt(edns: Edns, rcode: Rcode) -> EDNS0:
    flags = "do" if edns.dnssec_ok else ""
    return EDNS0(ext_rcode=rcode >> 4, flags=flags, udp_len=_LARGEST_UDP_SIZE)
