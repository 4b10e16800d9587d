"""A full queue, and workers that are stuck."""

from __future__ import annotations

import socket
import threading

import dns.message
import pytest

from locktrace_demo.counters import Counters, Event
from locktrace_demo.protocol.response import Transport
from locktrace_demo.workers import Job, WorkerPool
from tests.support import PATIENCE_S


@pytest.fixture
def counters():
    return Counters()


def test_a_full_queue_drops_and_counts(counters, until):
    """One worker is busy, one query waits, the third is dropped; the first two are answered."""
    begun, go_on = threading.Event(), threading.Event()
    replies = []

    def handle(wire, transport):
        begun.set()
        go_on.wait(PATIENCE_S)
        return wire

    pool = WorkerPool(handle, 1, 1, counters)
    pool.start()
    jobs = [Job(wire, Transport.UDP, replies.append) for wire in (b"1", b"2", b"3")]
    assert pool.submit(jobs[0])
    assert begun.wait(PATIENCE_S)
    assert pool.submit(jobs[1])
    assert not pool.submit(jobs[2])
    assert counters.read()[Event.DROPPED] == 1
    go_on.set()
    until(lambda: replies == [b"1", b"2"])
    pool.stop(PATIENCE_S)


def test_a_pool_whose_workers_are_stuck_stops_in_time(counters):
    begun, for_ever = threading.Event(), threading.Event()

    def handle(wire, transport):
        begun.set()
        for_ever.wait()

    pool = WorkerPool(handle, 1, 4, counters)
    pool.start()
    for _ in range(5):
        pool.submit(Job(b"", Transport.UDP, lambda response: None))
    begun.wait(PATIENCE_S)
    pool.stop(0.01)
    assert not for_ever.is_set()
    for_ever.set()


def test_a_hung_server_drops_what_its_queue_cannot_take(serve, until):
    server = serve(scenario="leaked-read-lock", reload_every=0.1, workers=2, backlog=3)
    query = dns.message.make_query("www.example.", "A").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:

        def drops():
            client.sendto(query, ("127.0.0.1", server.port))
            return server.stats()["dropped"] > 0

        until(drops)

    def waiting():
        stats = server.stats()
        return stats["received"] - stats["answered"] - stats["dropped"]

    until(lambda: waiting() <= 2 + 3)  # one that is about to be dropped still counts
