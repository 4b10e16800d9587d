"""Domain names."""

from __future__ import annotations

from dataclasses import dataclass

from dnslib import DNSLabel


@dataclass(frozen=True, slots=True)
class Name:
    """A domain name as it was written. Case does not count (RFC 4343): compare names `folded`."""

    labels: tuple[bytes, ...]

    @classmethod
    def from_text(cls, text: str) -> Name:
        """The name in presentation form; raises ValueError if it is none."""
        name = cls(DNSLabel(text).label)
        if not all(0 < len(label) <= 63 for label in name.labels) or len(DNSLabel(text)) > 253:
            raise ValueError(f"'{text}' is not a domain name")
        return name

    def folded(self) -> Name:
        return Name(tuple(label.lower() for label in self.labels))

    def is_within(self, zone: Name) -> bool:
        """Whether this name is `zone` or lies under it; both folded."""
        above = len(self.labels) - len(zone.labels)
        return above >= 0 and self.labels[above:] == zone.labels

    def parent(self) -> Name:
        return Name(self.labels[1:])

    def __str__(self) -> str:
        return str(DNSLabel(self.labels))
