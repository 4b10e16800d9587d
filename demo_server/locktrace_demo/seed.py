"""The zone an empty store starts with, and the names in it that the load asks for."""

from __future__ import annotations

ZONE = "example."
HOSTS = tuple(f"host-{number:03}" for number in range(250))
SERVICES = ("www", "alpha", "beta", "gamma", "delta")
BROKEN = "broken"
"""Its address is none, so that answering for it fails."""
BLOCKED = "ads"
LONG_TEXT = "big"
"""Its TXT record needs about 3000 bytes: too large for a classic UDP response."""


def seed_rows() -> dict[str, str]:
    """Rows for `locktrace_demo.stores.Store`: documentation addresses only (RFC 5737, RFC 3849)."""
    rows = {
        ZONE: (
            "3600 SOA ns1.example. hostmaster.example. 2024050601 3600 600 86400 60\n"
            "3600 NS ns1.example.\n"
            "3600 NS ns2.example.\n"
            '300 TXT "v=spf1 -all"'
        ),
        f"ns1.{ZONE}": _addresses("192.0.2.53", "2001:db8::53"),
        f"ns2.{ZONE}": _addresses("192.0.2.54", "2001:db8::54"),
        f"{BROKEN}.{ZONE}": "300 A 192.0.2.999",
        f"{BLOCKED}.{ZONE}": "300 A 192.0.2.66",
        f"{LONG_TEXT}.{ZONE}": "300 TXT "
        + " ".join(f'"{letter * 250}"' for letter in "abcdefghijkl"),
        f"node.empty.{ZONE}": "300 A 192.0.2.77",
    }
    for number, name in enumerate(SERVICES, start=10):
        rows[f"{name}.{ZONE}"] = _addresses(f"192.0.2.{number}", f"2001:db8::{number}")
    for number, name in enumerate(HOSTS, start=1):
        rows[f"{name}.{ZONE}"] = _addresses(f"198.51.100.{number}", f"2001:db8:1::{number}")
    return rows


def _addresses(v4: str, v6: str) -> str:
    return f"300 A {v4}\n300 AAAA {v6}"
