"""Frames are cut out of any stream of bytes, or refused with a reason."""

import pytest

from locktrace.wire import frames
from locktrace.wire.frames import FrameError, FrameReader


def test_a_frame_survives_being_cut_at_every_byte() -> None:
    data = frames.pack_json(frames.HELLO, {"pid": 7}) + frames.pack(frames.EVENTS, b"abc")
    for cut in range(len(data)):
        reader = FrameReader(limit=100)
        got = [*reader.feed(data[:cut]), *reader.feed(data[cut:])]
        assert got == [(frames.HELLO, b'{"pid":7}'), (frames.EVENTS, b"abc")]


def test_a_frame_over_the_cap_is_refused_before_it_is_read() -> None:
    header = frames.HEADER.pack(101, frames.REQUEST)
    with pytest.raises(FrameError, match="101 bytes is over the cap of 100"):
        list(FrameReader(limit=100).feed(header))


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"{", b"[1]", b"[" * 100_000, b"7"])
def test_a_payload_that_is_no_json_object_is_refused(payload: bytes) -> None:
    with pytest.raises(FrameError):
        frames.unpack_json(payload)


def test_text_that_utf8_cannot_carry_does_not_stop_the_agent() -> None:
    packed = frames.pack_json(frames.HELLO, {"command": ["\udc80"]})
    [(_, payload)] = FrameReader(limit=1000).feed(packed)
    assert frames.unpack_json(payload)["command"] == ["\udc80"]
