"""The IP table: names and their records, as read from the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dnslib import QTYPE, RR

from locktrace_demo.errors import StoreError
from locktrace_demo.protocol.name import Name
from locktrace_demo.protocol.response import Rcode, Record, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVED_TYPES = ("A", "AAAA", "NS", "SOA", "TXT")
_LARGEST_TTL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class RecordSet:
    """The data of one name and type, still as text; `ttl` in seconds."""

    rtype: int
    ttl: int
    texts: tuple[str, ...]

    def records(self) -> tuple[Record, ...]:
        """The records, parsed; raises what dnslib raises for data that is none of this type."""
        return tuple(self._record(text) for text in self.texts)

    def _record(self, text: str) -> Record:
        (parsed,) = RR.fromZone(f". {self.ttl} IN {QTYPE[self.rtype]} {text}")
        return Record(parsed.rtype, parsed.ttl, parsed.rdata)


class AddressTable:
    """Answers questions from the rows of a store. Immutable: its owner replaces it under a lock.

    Data is parsed when it is asked for, so a bad address fails its own name only and not
    the zone. Rows: name -> lines of ``TTL TYPE DATA``, see `locktrace_demo.stores`.
    """

    def __init__(self, rows: Mapping[str, str]) -> None:
        """Raises StoreError if a row has another form, or if the rows make no zone we can serve."""
        self._names = {_name(text): _record_sets(text, lines) for text, lines in rows.items()}
        self._start_of_authority = {
            name: _soa(name, sets["SOA"]) for name, sets in self._names.items() if "SOA" in sets
        }
        if not self._start_of_authority:
            raise StoreError("the store holds no SOA record, so there is no zone to serve")
        self._refuse_unserved()
        self._add_empty_names()

    def __len__(self) -> int:
        return len(self._names)

    @property
    def zones(self) -> tuple[Name, ...]:
        """The zones, by the names that have an SOA record."""
        return tuple(self._start_of_authority)

    def record_sets(self) -> tuple[RecordSet, ...]:
        return tuple(found for sets in self._names.values() for found in sets.values())

    def answer(self, name: Name, qtype: int) -> Response:
        """The authoritative answer; `name` is within one of the zones."""
        sets = self._names.get(name.folded())
        if sets is None:
            return self._negative(name, Rcode.NXDOMAIN)
        wanted = [found for found in sets.values() if qtype in (found.rtype, QTYPE.ANY)]
        if not wanted:
            return self._negative(name, Rcode.NOERROR)
        answers = tuple(record for found in wanted for record in found.records())
        return Response(Rcode.NOERROR, answers, authoritative=True)

    def _negative(self, name: Name, rcode: Rcode) -> Response:
        zone = innermost_zone(name, self.zones)
        authority = (self._start_of_authority[zone],) if zone else ()
        return Response(rcode, authority=authority, authoritative=True)

    def _refuse_unserved(self) -> None:
        for name, sets in self._names.items():
            delegates = "NS" in sets and name not in self._start_of_authority
            if delegates or b"*" in name.labels:
                raise StoreError(
                    f"the store's {name} is a delegation or a wildcard, which are not served here"
                )

    def _add_empty_names(self) -> None:
        # A name that has names under it exists, even without records (RFC 8020).
        for name in list(self._names):
            above = name
            while above.labels:
                above = above.parent()
                self._names.setdefault(above, {})


def innermost_zone(name: Name, zones: tuple[Name, ...]) -> Name | None:
    """The zone that `name` belongs to, or None."""
    folded = name.folded()
    holding = [zone for zone in zones if folded.is_within(zone)]
    return max(holding, key=lambda zone: len(zone.labels), default=None)


def _name(text: str) -> Name:
    try:
        return Name.from_text(text).folded()
    except ValueError as error:
        raise StoreError(f"the store has a row for '{text}', which is not a domain name") from error


def _record_sets(name: str, lines: str) -> dict[str, RecordSet]:
    sets: dict[str, RecordSet] = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        ttl, rtype, text = _fields(name, line)
        known = sets.get(rtype) or RecordSet(getattr(QTYPE, rtype), ttl, ())
        # All records of a set have one TTL (RFC 2181, 5.2): the least.
        sets[rtype] = replace(known, ttl=min(known.ttl, ttl), texts=(*known.texts, text))
    return sets


def _fields(name: str, line: str) -> tuple[int, str, str]:
    match line.split(None, 2):
        case [ttl, rtype, text] if _is_ttl(ttl) and rtype in SERVED_TYPES:
            return int(ttl), rtype, text
    types = ", ".join(SERVED_TYPES)
    raise StoreError(f"the store's row '{line}' of {name} is not 'TTL TYPE DATA' ({types})")


def _is_ttl(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= _LARGEST_TTL


def _soa(name: Name, found: RecordSet) -> Record:
    """The SOA record for negative answers, its TTL as RFC 2308 says."""
    try:
        (record,) = found.records()
    except Exception as error:  # dnslib has many ways to say that it cannot parse
        raise StoreError(f"the SOA record of {name} in the store cannot be read") from error
    return replace(record, owner=name, ttl=min(record.ttl, record.data.times[4]))
