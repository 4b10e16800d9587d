"""What `run` says on stderr: in order, all that is read, and nothing that holds up or fails it."""

from __future__ import annotations

import io
import os
import select
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TextIO

import pytest

from locktrace.cli import stderr as stderr_module
from locktrace.cli.stderr import Stderr
from tests.support import PATIENCE_S


class Pipe:
    """A pipe whose end to write to is the stderr of what is tested."""

    def __init__(self) -> None:
        self.reading, writing = os.pipe()
        self.stream = os.fdopen(writing, "w", encoding="utf-8")

    def fill(self) -> int:
        """Leave no room; how many bytes that took."""
        os.set_blocking(self.stream.fileno(), False)
        size = 0
        try:
            while True:
                size += os.write(self.stream.fileno(), b"." * 65536)
        except BlockingIOError:
            os.set_blocking(self.stream.fileno(), True)
        return size

    def read(self, size: int) -> bytes:
        said = b""
        while len(said) < size:
            assert select.select([self.reading], [], [], PATIENCE_S)[0], "nothing more is said"
            said += os.read(self.reading, size - len(said))
        return said

    def part_with_reader(self) -> None:
        os.close(self.reading)
        self.reading = -1


def have(monkeypatch: pytest.MonkeyPatch, stream: TextIO | None) -> None:
    """Let `stream` be the stderr of the module alone: pytest has plans for that of all."""
    monkeypatch.setattr(stderr_module, "sys", SimpleNamespace(stderr=stream))


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipe]:
    pipe = Pipe()
    have(monkeypatch, pipe.stream)
    yield pipe
    pipe.stream.close()
    if pipe.reading >= 0:
        os.close(pipe.reading)


def test_what_is_said_comes_after_what_was_printed(pipe: Pipe) -> None:
    print("printed", end=", ", file=pipe.stream)
    stderr = Stderr()
    stderr.say("said, ")
    stderr.say("and said again")
    assert pipe.read(29) == b"printed, said, and said again"


def test_more_than_a_pipe_takes_is_said_to_whoever_reads(pipe: Pipe) -> None:
    text = "".join(f"line {number}\n" for number in range(50_000))
    speaking = threading.Thread(target=Stderr().say, args=(text,), daemon=True)
    speaking.start()
    assert pipe.read(len(text)) == text.encode()
    speaking.join()


def test_a_full_pipe_that_nobody_reads_is_waited_for_no_longer_than_was_said(pipe: Pipe) -> None:
    size = pipe.fill()
    stderr = Stderr()
    stderr.say("in time? ", patience_s=0.01)  # it comes back
    pipe.read(size)
    stderr.say("no, later", patience_s=0.01)
    assert pipe.read(18) == b"in time? no, later"


def test_a_full_pipe_is_waited_for_as_long_as_it_takes_where_no_time_was_said(pipe: Pipe) -> None:
    size = pipe.fill()
    speaking = threading.Thread(target=Stderr().say, args=("at last",), daemon=True)
    speaking.start()
    pipe.read(size)
    assert pipe.read(7) == b"at last"
    speaking.join()


def test_a_pipe_that_does_not_block_loses_nothing(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may make so the stderr that we share; then a write can fail for want of room."""
    os.set_blocking(pipe.stream.fileno(), False)
    refused = [True]
    write = os.write

    def written(number: int, data: bytes) -> int:
        if refused and number == pipe.stream.fileno():
            refused.pop()
            raise BlockingIOError
        return write(number, data)

    monkeypatch.setattr(os, "write", written)
    Stderr().say("all of it")
    assert pipe.read(9) == b"all of it"


def test_whose_reader_has_gone_is_told_nothing_more(pipe: Pipe) -> None:
    pipe.part_with_reader()
    stderr = Stderr()
    stderr.say("to nobody")
    stderr.say("and again")


def test_characters_that_no_file_can_have_are_replaced(pipe: Pipe) -> None:
    Stderr().say("caf\N{LATIN SMALL LETTER E WITH ACUTE} \udcff")
    assert pipe.read(7) == "caf\N{LATIN SMALL LETTER E WITH ACUTE} ?".encode()


def test_a_stream_that_is_no_file_gets_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    have(monkeypatch, stream)
    stderr = Stderr()
    stderr.say("once, ")
    stderr.say("twice")
    assert stream.getvalue() == "once, twice"


def test_without_a_stderr_nothing_is_said_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python has none where it was started with descriptor 2 closed."""
    have(monkeypatch, None)
    Stderr().say("to nobody")


def test_a_closed_stderr_is_as_none(pipe: Pipe) -> None:
    pipe.stream.close()
    Stderr().say("to nobody")


def test_a_stderr_whose_descriptor_was_closed_is_as_none(pipe: Pipe) -> None:
    spare = os.dup(pipe.stream.fileno())
    os.close(pipe.stream.fileno())
    try:
        Stderr().say("to nobody")
    finally:
        os.dup2(spare, pipe.stream.fileno())  # for the stream to close
        os.close(spare)
