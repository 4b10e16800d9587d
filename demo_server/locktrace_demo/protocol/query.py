"""Queries, as they come from the wire."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dnslib import QTYPE

from locktrace_demo.protocol.reader import MalformedError, Reader

if TYPE_CHECKING:
    from locktrace_demo.protocol.name import Name


@dataclass(frozen=True, slots=True)
class Header:
    """What a response takes over from the query's header."""

    id: int
    flags: int

    @classmethod
    def read(cls, wire: bytes) -> Header | None:
        """As much of the header as is there; None without a whole id."""
        if len(wire) < 2:
            return None
        return cls(*struct.unpack("!HH", wire[:4].ljust(4, b"\0")))

    @property
    def is_response(self) -> bool:
        return bool(self.flags & 0x8000)

    @property
    def opcode(self) -> int:
        return self.flags >> 11 & 0xF

    @property
    def is_standard(self) -> bool:
        """Whether it asks a question, rather than for an update, a notification or the like."""
        return self.opcode == 0

    @property
    def recursion_desired(self) -> bool:
        return bool(self.flags & 0x0100)

    @property
    def checking_disabled(self) -> bool:
        return bool(self.flags & 0x0010)


@dataclass(frozen=True, slots=True)
class Edns:
    """The client's OPT record (RFC 6891): the UDP size it can take, EDNS version, DNSSEC OK."""

    udp_size: int
    version: int
    dnssec_ok: bool


@dataclass(frozen=True, slots=True)
class Query:
    """One question; `name` keeps the case it was asked in, which resolvers check (0x20)."""

    name: Name
    qtype: int
    qclass: int
    edns: Edns | None = None

    def __str__(self) -> str:
        return f"{self.name} {QTYPE.get(self.qtype)}"


def parse_query(wire: bytes) -> Query:
    """The one question of a whole message; raises MalformedError for anything else."""
    reader = Reader(wire)
    _, _, questions, answers, authorities, additionals = reader.unpack("!6H")
    if questions != 1:
        raise MalformedError(f"{questions} questions instead of one")
    name = reader.name()
    qtype, qclass = reader.unpack("!HH")
    if qtype == QTYPE.OPT:
        raise MalformedError("OPT is nothing to ask for")
    for _ in range(answers + authorities):
        _read_record(reader)
    found = [edns for _ in range(additionals) if (edns := _read_record(reader))]
    if len(found) > 1 or not reader.at_end:
        raise MalformedError("more than one OPT record, or bytes after the last record")
    return Query(name, qtype, qclass, found[0] if found else None)


def _read_record(reader: Reader) -> Edns | None:
    owner = reader.name()
    rtype, rclass, high, low, size = reader.unpack("!HHHHH")
    rdata = reader.take(size)
    if rtype != QTYPE.OPT:
        return None
    if owner.labels:
        raise MalformedError("an OPT record that is not the root's")
    _check_options(rdata)
    return Edns(udp_size=rclass, version=high & 0xFF, dnssec_ok=bool(low & 0x8000))


def _check_options(rdata: bytes) -> None:
    options = Reader(rdata)
    while not options.at_end:
        _, size = options.unpack("!HH")
        options.take(size)
