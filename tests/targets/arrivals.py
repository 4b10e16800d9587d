"""Fifty threads take and release locks in all forms while the frames of all are read 200 times.

Each thread writes down what it may hold, from before it takes it until after it has released it,
and counts its changes. Where the count has not moved while its frames were read, each claim must be
among what it has written down. Prints how many claims were checked, and how many waits were seen.
"""

import contextlib
import random
import sys
import threading
import time

from locktrace.agent import _core
from locktrace.agent.arrival import kinds
from locktrace.agent.arrival.candidates import Candidates
from locktrace.agent.arrival.holds import held
from locktrace.agent.arrival.libraries import Libraries
from locktrace.agent.arrival.waits import blocked

THREADS, ROUNDS = 50, 200
LOCKS = [threading.Lock() for _ in range(12)]
RLOCKS = [threading.RLock() for _ in range(4)]
CONDITION = threading.Condition()
STOP = []
NOTES = {}


class Slots:
    call = staticmethod(_core.blocked_call)
    value = staticmethod(_core.slot)


class Holding:
    """Writes down what its block may hold."""

    def __init__(self, *locks):
        self.locks = [id(lock) for lock in locks]

    def __enter__(self):
        self.note = NOTES[threading.get_ident()]
        self.note.change(self.note.held + self.locks)

    def __exit__(self, *_):
        self.note.change(self.note.held[: -len(self.locks)])


class Note:
    """What one thread has written down, and how often."""

    def __init__(self):
        self.held = []
        self.changes = 0

    def change(self, held):
        self.changes += 1
        self.held = held


def work():
    if random.random() < 0.3:
        time.sleep(0)
    return sum(range(random.randrange(50)))


def plain(lock, _):
    with Holding(lock), lock:
        work()


def nested(lock, other):
    with Holding(lock, other), lock, other:
        work()


def generated(lock, _):
    def numbers():
        with lock:
            yield from range(3)

    with Holding(lock):
        for _ in numbers():
            work()


@contextlib.contextmanager
def locked(lock):
    with lock:
        yield


def managed(lock, _):
    with Holding(lock), locked(lock):
        work()


def stacked(lock, other):
    with Holding(lock, other), contextlib.ExitStack() as stack:
        stack.enter_context(lock)
        stack.enter_context(other)
        work()


def bare(lock, _):
    with Holding(lock):
        lock.acquire()
        try:
            work()
        finally:
            lock.release()


def tried(lock, _):
    with Holding(lock):
        if lock.acquire(timeout=0.001):
            work()
            lock.release()


def raising(lock, _):
    with contextlib.suppress(KeyError), Holding(lock), lock:
        try:
            raise KeyError
        finally:
            work()


def conditional(*_):
    with Holding(CONDITION), CONDITION:
        CONDITION.notify()
        CONDITION.wait(0.001)


def comprehended(lock, _):
    with Holding(lock), lock:
        return [work() for _ in range(2)]


FORMS = [
    plain,
    nested,
    generated,
    managed,
    stacked,
    bare,
    tried,
    raising,
    conditional,
    comprehended,
]


def run():
    NOTES[threading.get_ident()] = Note()
    while not STOP:
        first = random.randrange(len(LOCKS) - 1)
        random.choice(FORMS)(LOCKS[first], random.choice((LOCKS[-1], *RLOCKS)))


def main():
    threads = [threading.Thread(target=run, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    while len(NOTES) < THREADS:
        time.sleep(0.01)
    functions = kinds.waiting_functions(())
    compounds = tuple(kinds.classes(()))
    candidates = Candidates(Slots, ())
    checked = waits = 0
    for _ in range(ROUNDS):
        for thread in threads:
            note = NOTES[thread.ident]
            changes, frame = note.changes, sys._current_frames()[thread.ident]
            claims = [one.subject for one in held(frame, Slots, compounds, Libraries())]
            waits += blocked(frame, Slots, functions) is not None
            likely = [one.held.subject for one in candidates.of(frame, thread.ident)]
            told = note.held
            if note.changes == changes:
                checked += len(claims)
                assert all(id(claim) in told for claim in claims), (thread, claims)
            assert all(lock in LOCKS or lock in RLOCKS for lock in likely), likely
            del frame
        time.sleep(0)
    STOP.append(True)
    print(checked, waits)


main()
