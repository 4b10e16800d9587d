"""Events keep every field through the wire."""

import pytest

from locktrace.wire.events import ACQUIRED, RECORD, pack_events, unpack_events
from locktrace.wire.frames import FrameError

EVENTS = [(1, 2, 3, 4, 5, 6, 7, ACQUIRED, 1), (2**64 - 1, 2**63, 9, 2**32 - 1, 0, 0, 0, 2, 0)]


def test_events_come_back_as_they_were_sent() -> None:
    assert list(unpack_events(pack_events(EVENTS))) == EVENTS


def test_a_record_is_48_bytes() -> None:
    assert RECORD.size == 48
    assert len(pack_events(EVENTS)) == 96


def test_a_cut_payload_is_refused() -> None:
    with pytest.raises(FrameError, match="whole number of records"):
        unpack_events(pack_events(EVENTS)[:-1])
