"""RWMutex against a model of Go's rules, by random courses of events."""

from __future__ import annotations

import queue
import random
import threading
from collections import deque

import pytest

from locktrace_demo.rwmutex import RWMutex
from tests.support import PATIENCE_S

ACTORS = 6
STEPS = 200


class Model:
    """What must happen, as plain sets: who reads, who writes, who waits in which order."""

    def __init__(self):
        self.readers = 0
        self.writing = False
        self.waiting_readers = set()
        self.waiting_writers = deque()

    def r_lock(self, actor):
        """The actors whose call returns now, and what it returns."""
        if self.writing or self.waiting_writers:
            self.waiting_readers.add(actor)
            return {}
        self.readers += 1
        return {actor: None}

    def lock(self, actor):
        if self.writing or self.waiting_writers or self.readers:
            self.waiting_writers.append(actor)
            return {}
        self.writing = True
        return {actor: None}

    def try_r_lock(self, actor):
        free = not self.writing and not self.waiting_writers
        self.readers += free
        return {actor: free}

    def try_lock(self, actor):
        free = not self.writing and not self.waiting_writers and not self.readers
        self.writing = self.writing or free
        return {actor: free}

    def r_unlock(self, actor):
        if not self.readers:
            return {actor: RuntimeError}
        self.readers -= 1
        return {actor: None} | self._admit_writer()

    def unlock(self, actor):
        if not self.writing:
            return {actor: RuntimeError}
        self.writing = False
        admitted = dict.fromkeys(self.waiting_readers)
        self.readers += len(admitted)
        self.waiting_readers = set()
        return {actor: None} | admitted | self._admit_writer()

    def _admit_writer(self):
        if self.readers or self.writing or not self.waiting_writers:
            return {}
        self.writing = True
        return {self.waiting_writers.popleft(): None}


class Actor:
    """A thread that makes the calls it is told to, one at a time."""

    def __init__(self, mutex):
        self._mutex = mutex
        self._orders = queue.SimpleQueue()
        self._results = queue.SimpleQueue()
        self.busy = False
        threading.Thread(target=self._run, daemon=True).start()

    def begin(self, call):
        self.busy = True
        self._orders.put(call)

    def result(self):
        """What the call returned, once it has."""
        value = self._results.get(timeout=PATIENCE_S)
        self.busy = False
        return value

    def has_result(self):
        return not self._results.empty()

    def stop(self):
        self._orders.put(None)

    def _run(self):
        while call := self._orders.get():
            try:
                self._results.put(getattr(self._mutex, call)())
            except RuntimeError:
                self._results.put(RuntimeError)


def agree(mutex, model):
    """Whether the mutex has come to the state that the model is in."""
    writers = model.writing + len(model.waiting_writers)
    return (
        mutex._readers == model.readers
        and mutex._writing == model.writing
        and mutex._waiting_readers == len(model.waiting_readers)
        and mutex._next_ticket - mutex._served_ticket == writers
    )


def step(mutex, model, actors, actor, call, until):
    expected = getattr(model, call)(actor)
    actors[actor].begin(call)
    assert {who: actors[who].result() for who in expected} == expected
    until(lambda: agree(mutex, model))
    assert not any(other.has_result() for other in actors)


def release_everything(mutex, model, actors, until):
    """Bring every actor back from its call, with one that is not waiting."""
    while model.readers or model.writing:
        idle = next(number for number, actor in enumerate(actors) if not actor.busy)
        step(mutex, model, actors, idle, "unlock" if model.writing else "r_unlock", until)


@pytest.mark.parametrize("seed", range(8))
def test_random_courses_of_events_go_as_the_model_says(seed, until):
    chance = random.Random(seed)
    mutex, model = RWMutex(), Model()
    # One actor never makes a call that may wait, so that somebody can always release.
    actors = [Actor(mutex) for _ in range(ACTORS)]
    for _ in range(STEPS):
        idle = [number for number, actor in enumerate(actors) if not actor.busy]
        actor = chance.choice(idle)
        calls = ["r_unlock", "unlock", "try_r_lock", "try_lock"]
        if actor != 0:
            calls += ["r_lock", "r_lock", "lock"]
        step(mutex, model, actors, actor, chance.choice(calls), until)
    release_everything(mutex, model, actors, until)
    assert not any(actor.busy for actor in actors)
    for actor in actors:
        actor.stop()
