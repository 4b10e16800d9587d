"""What a program does with its descriptors is its own affair, whatever numbers ours had."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from locktrace.agent.owned import DescriptorLostError, Owned, Wake
from locktrace.errors import TargetLostError
from tests.support import eventually, observed, running


@pytest.fixture
def pair() -> Iterator[tuple[Owned, socket.socket]]:
    ours, theirs = socket.socketpair()
    owned = Owned(ours)
    yield owned, theirs
    owned.close()
    theirs.close()


def test_a_socket_of_ours_is_handed_out_and_closed(pair: tuple[Owned, socket.socket]) -> None:
    owned, theirs = pair
    owned.socket.send(b"x")
    assert theirs.recv(10) == b"x"
    owned.close()
    assert theirs.recv(10) == b""


def test_a_number_that_the_program_has_closed_is_not_used(
    pair: tuple[Owned, socket.socket],
) -> None:
    owned, _ = pair
    os.close(owned.number)
    with pytest.raises(DescriptorLostError):
        _ = owned.socket
    owned.close()


def test_a_number_that_the_program_has_taken_is_neither_used_nor_closed(
    pair: tuple[Owned, socket.socket],
) -> None:
    owned, _ = pair
    reader, writer = os.pipe()
    number = owned.number
    os.dup2(reader, number)
    with pytest.raises(DescriptorLostError):
        _ = owned.socket
    owned.close()
    os.write(writer, b"precious")
    assert os.read(number, 100) == b"precious"
    for descriptor in (reader, writer, number):
        os.close(descriptor)


def test_a_wake_without_its_descriptors_rings_nobody() -> None:
    wake = Wake()
    numbers = wake._reader.number, wake._writer.number
    os.close(numbers[1])
    assert not wake.intact
    wake.ring()
    wake.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(numbers[0])


@pytest.mark.usefixtures("core")
def test_a_daemon_keeps_its_descriptors_and_can_be_observed_again(python: str) -> None:
    with running("daemon", python=python) as target:
        target.expect("started")
        with observed(target):
            target.tell("close all")
            target.expect("closed")

        def served_again() -> bool:
            try:
                target.source().close()
            except TargetLostError:  # the old socket lives until the agent has seen that it is lost
                return False
            return True

        eventually(served_again, "a new socket")
        target.tell("check")
        target.expect("kept True")
        target.expect("kept True")
        assert target.finish()[2] == ""
