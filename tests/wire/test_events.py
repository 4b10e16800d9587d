"""Events keep every field through the wire."""

import pytest

from locktrace.wire.events import ACQUIRED, RECORD, pack_events, unpack_events
from locktrace.wire.frames import FrameError

EVENTS = [(1, 2, 3, 4, 5, 6, 7, ACQUIRED, 1), (2**64 - 1, 2**63, 9, 2**32 - 1, 0, 0, 0, 2, 0)]


def test_events_come_back_as_they_were_sent() -> None:
    assert list(unpack_events(pack_events(EVENTS))) == EVENTS


def test_ids_beyond_32_bits_begin_again_and_do_not_end_the_stream() -> None:
    [event] = unpack_events(pack_events([(1, 2, 3, 2**32 + 4, 2**32, 6, 2**40 + 7, ACQUIRED, 0)]))
    assert event == (1, 2, 3, 4, 0, 6, 7, ACQUIRED, 0)


def test_a_record_is_48_bytes() -> None:
    assert RECORD.size == 48
    assert len(pack_events(EVENTS)) == 96


def test_a_cut_payload_is_refused() -> None:
    with pytest.raises(FrameError, match="whole number of records"):
        unpack_events(pack_events(EVENTS)[:-1])
