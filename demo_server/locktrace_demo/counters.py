"""What the server has done so far, counted."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Event(StrEnum):
    RECEIVED = "received"
    ANSWERED = "answered"
    DROPPED = "dropped"
    MALFORMED = "malformed"
    FAILED = "failed"
    RELOADED = "reloaded"
    TURNED_AWAY = "turned away"


class Counters:
    """Counts events; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counter[Event]()

    def add(self, event: Event) -> None:
        with self._lock:
            self._counts[event] += 1

    def read(self) -> Mapping[Event, int]:
        """Every event with its count, those that never happened included."""
        with self._lock:
            return {event: self._counts[event] for event in Event}
