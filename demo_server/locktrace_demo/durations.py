"""Durations as people write them: ``500ms``, ``8s``, ``5m``, ``1h``."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_LONGEST = 365 * 24 * 3600.0


def parse_duration(text: str) -> float:
    """Seconds in `text`; raises ValueError with a sentence unless it is more than 0 and at most a year."""
    match = _FORM.fullmatch(text)
    if not match:
        raise ValueError(f"'{text}' is not a duration such as 500ms, 8s, 5m or 1h")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"'{text}' is not more than nothing and at most a year")
    return seconds
