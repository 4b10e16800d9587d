"""One observer's queue is bounded, and what was refused is made good later."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from locktrace.agent import audience
from locktrace.agent.client import MAX_QUEUED, Client
from locktrace.agent.encoder import Encoder
from locktrace.agent.primitives.lock import traced_lock
from locktrace.agent.publisher import Publisher
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.python_ledger import PythonLedger
from locktrace.model import Process
from locktrace.observe.state import LedgerState
from locktrace.wire import frames
from locktrace.wire.frames import FrameReader

UNKNOWN = 99  # a type of frame that means nothing


@pytest.fixture
def pair() -> Iterator[tuple[Client, socket.socket]]:
    ours, theirs = socket.socketpair()
    client = Client(ours)
    yield client, theirs
    client.close()
    theirs.close()


@pytest.fixture
def publisher(recorder: PythonRecorder) -> Iterator[Publisher]:
    publisher = Publisher(PythonLedger(recorder), "0")
    yield publisher
    publisher.stop()


def fill(client: Client) -> None:
    """Not even a frame without a payload finds room in the queue after this."""
    assert client.send(frames.pack(UNKNOWN, bytes(MAX_QUEUED)))
    for size in (65_536, 1024, 16, 0):
        while client.send(frames.pack(UNKNOWN, bytes(size))):
            pass
    assert client.wants_write


def read_all(client: Client, theirs: socket.socket) -> list[tuple[int, bytes]]:
    """Every frame of the queue, taken by its observer."""
    reader, received = FrameReader(frames.MAX_TO_OBSERVER), []
    theirs.setblocking(False)
    while True:
        client.flush()
        try:
            received += list(reader.feed(theirs.recv(1 << 20)))
        except BlockingIOError:
            if client.drained:
                return received


def test_an_observer_too_far_behind_is_refused_and_counts_as_knowing_nothing(
    pair: tuple[Client, socket.socket],
) -> None:
    client, _ = pair
    fill(client)
    client.knows_locks = True
    client.stacks, client.actors = {1}, {2}
    assert not client.send(bytes(MAX_QUEUED))
    assert client.lagging
    assert (client.knows_locks, client.stacks, client.actors) == (False, set(), set())


def test_locks_made_while_an_observer_lagged_are_defined_with_its_next_picture(
    pair: tuple[Client, socket.socket], publisher: Publisher
) -> None:
    client, theirs = pair
    theirs.sendall(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
    publisher.adopt(client.owned.socket.dup())
    [served] = publisher._audience.clients
    publisher._answer(served)
    fill(served)
    late = traced_lock()
    late.acquire()
    publisher._audience.publish()
    state = LedgerState(Process(1, 1.0, "3", "python", ()))
    received = read_all(served, theirs)
    publisher._audience._looked = 0
    publisher._audience.publish()
    for kind, payload in received + read_all(served, theirs):
        if kind not in {frames.HELLO, UNKNOWN}:
            state.apply(kind, payload)
    [hold] = state.snapshot(0).holds
    assert hold.lock in state.snapshot(0).locks
    assert hold.actor in state.snapshot(0).actors
    assert hold.stack
    late.release()


@pytest.mark.parametrize("behind", [False, True])
def test_a_lock_that_goes_while_an_observer_lags_is_gone_for_it_too(
    pair: tuple[Client, socket.socket], publisher: Publisher, *, behind: bool
) -> None:
    """It lags when it is far behind with reading, or when the agent itself has lost events."""
    client, theirs = pair
    theirs.sendall(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
    lock, other = traced_lock(), traced_lock()
    lock.acquire()
    publisher.adopt(client.owned.socket.dup())
    [served] = publisher._audience.clients
    publisher._answer(served)
    state = LedgerState(Process(1, 1.0, "3", "python", ()))

    def told() -> set[int]:
        for kind, payload in read_all(served, theirs):
            if kind not in {frames.HELLO, UNKNOWN}:
                state.apply(kind, payload)
        return set(state.snapshot(0).locks)

    both = told()
    assert len(both) == 2
    if behind:
        fill(served)
    else:
        publisher._audience._count_drops(1, [served])
    lock.release()
    del lock
    publisher._audience.publish()
    told()
    publisher._audience._looked = 0
    publisher._audience.publish()
    [left] = told()
    assert left in both
    assert state.snapshot(0).history.orphans == ()
    del other


def test_an_observer_gets_a_word_while_there_is_much_to_tell(
    pair: tuple[Client, socket.socket], publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "WORD_NS", 0)
    client, theirs = pair
    theirs.sendall(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
    publisher.adopt(client.owned.socket.dup())
    [served] = publisher._audience.clients
    publisher._answer(served)
    received = read_all(served, theirs)
    word = (frames.DEFINE, b"{}")
    assert received[0][0] == frames.HELLO
    assert word in received
    state = LedgerState(Process(1, 1.0, "3", "python", ()))
    for kind, payload in received[1:]:
        state.apply(kind, payload)
    assert state.ledger_ns


def test_totals_are_not_kept_for_comparison_while_nobody_observes(
    recorder: PythonRecorder, publisher: Publisher
) -> None:
    encoder: Encoder = publisher._audience._encoder
    lock = traced_lock()
    list(encoder.locks(publisher._audience._ledger.locks()))
    list(encoder.totals(everything=False))
    assert encoder._sent_totals
    publisher._audience.publish()
    assert not encoder._sent_totals
    del lock
