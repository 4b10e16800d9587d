"""Does what each line of input, a JSON list of steps, says; prints what the ledger then shows.

Ids are replaced by places and times left out, so that two cores must print the same. Steps:
["make", kind], ["do", thread, lock, method, arguments], ["label", thread, text],
["contend", waiter, holder, lock], ["tasks", thread, number], ["look"].
"""

import asyncio
import contextlib
import json
import os
import sys
import threading

import locktrace
from locktrace.agent.names import sites
from locktrace.agent.primitives import tap
from locktrace.agent.switch import AGENT
from locktrace.wire.events import unpack_events

THREADS = 3


class RWLock:
    """Whoever would have to wait gives up at once."""

    def __init__(self):
        self._readers = self._writers = 0

    def _take(self, readers, writers):
        free = not self._writers and not (writers and self._readers)
        if free:
            self._readers += readers
            self._writers += writers
        return free

    def _give(self, readers, writers):
        if self._readers < readers or self._writers < writers:
            raise RuntimeError("nobody holds it so")
        self._readers -= readers
        self._writers -= writers

    def try_read(self):
        return self._take(1, 0)

    def try_write(self):
        return self._take(0, 1)

    def read(self):
        if not self._take(1, 0):
            raise BlockingIOError

    def write(self):
        if not self._take(0, 1):
            raise BlockingIOError

    def end_read(self):
        self._give(1, 0)

    def end_write(self):
        self._give(0, 1)


locktrace.register_rwlock(
    RWLock, read=("read", "end_read"), write=("write", "end_write"),
    try_read="try_read", try_write="try_write",
)  # fmt: skip
KINDS = {
    "Lock": (),
    "RLock": (),
    "Condition": (),
    "Semaphore": (2,),
    "RWLock": (),
}


class Worker:
    """A thread that is told by a pipe, so that telling it touches no lock."""

    def __init__(self, name):
        self._asked, self._asks = os.pipe()
        self._done, self._answers = os.pipe()
        self._label = contextlib.nullcontext()
        self.act = self.result = None
        threading.Thread(target=self._run, name=name, daemon=True).start()
        self.finish()

    def _run(self):
        while True:
            os.write(self._answers, b"x")
            os.read(self._asked, 1)
            self.result = outcome(self.act)

    def begin(self, act):
        self.act = act
        os.write(self._asks, b"x")

    def finish(self):
        os.read(self._done, 1)
        return self.result

    def relabel(self, text):
        self._label.__exit__(None, None, None)
        self._label = locktrace.label(text)
        self._label.__enter__()


def outcome(act):
    try:
        return repr(act())
    except Exception as error:
        return type(error).__name__


async def take_in_turn(lock, number):
    async def take():
        async with lock:
            await asyncio.sleep(0)

    await asyncio.gather(
        *(asyncio.create_task(take(), name=f"task {place}") for place in range(number))
    )


class Script:
    """One line of input."""

    def __init__(self, workers):
        self.ledger = AGENT.core.ledger
        self.workers = workers
        self.locks, self.kept = [], []
        self.actors = {}
        self.known = {row.id for row in self.ledger.locks()}
        self.said = []
        self.ledger.drain_events()

    def run(self, steps):
        for step, *arguments in steps:
            getattr(self, f"_{step}")(*arguments)
        picture = self._picture()
        self.ledger.drain_births()  # an observer is told of a death only after the birth
        self.locks.clear()
        self.kept.clear()
        for worker in self.workers:
            worker.act = None
        return {
            "said": self.said,
            **picture,
            "deaths": sorted(event[1] for event in self._events()[1:]),
            "faults": tap.faults,
        }

    def _make(self, kind):
        maker = RWLock if kind == "RWLock" else getattr(threading, kind)
        self.locks.append(maker(*KINDS[kind]))

    def _do(self, thread, lock, name, arguments):
        if self.locks:
            chosen = self.locks[lock % len(self.locks)]
            self.workers[thread].begin(lambda: getattr(chosen, name)(*arguments))
            self.said.append(self.workers[thread].finish())

    def _label(self, thread, text):
        self.workers[thread].begin(lambda: self.workers[thread].relabel(text))
        self.workers[thread].finish()

    def _contend(self, waiter, holder, lock):
        """`holder` takes a new lock, `waiter` waits for it and gets it, both let go."""
        if waiter == holder:
            return
        made = threading.Lock()
        self.locks.append(made)
        self._at(holder, made.acquire)
        self.workers[waiter].begin(made.acquire)
        while not self.ledger.waits():
            os.sched_yield()
        self.said.append(self._waits())
        self._at(holder, made.release)
        self.workers[waiter].finish()
        if lock % 2:
            self._at(waiter, made.release)

    def _tasks(self, thread, number):
        lock = asyncio.Lock()
        self.kept.append(lock)
        self._at(thread, lambda: asyncio.run(take_in_turn(lock, number)))
        self.actors |= self._actor_names()  # the ledger may forget those that have ended

    def _at(self, thread, act):
        self.workers[thread].begin(act)
        self.workers[thread].finish()

    def _look(self):
        look = self.ledger.look(settled_ns=0)
        self.said.append(["returned", len(look.returned)])

    # -- the picture

    def _picture(self):
        rows = [row for row in self.ledger.locks() if row.id not in self.known]
        self.places = {row.id: place for place, row in enumerate(rows)}
        self.actors |= self._actor_names()
        totals = [row for row in self.ledger.totals() if row[0] in self.places]
        return {
            "locks": [
                [row.kind, self._site(row.stack), self.places.get(row.parent)] for row in rows
            ],
            "totals": sorted(
                [self.places[t[0]], t[1], t[2], t[3] > 0, t[5], t[6], sum(t[7][1:]), sum(t[8][1:])]
                for t in totals
            ),
            "holds": sorted(
                self._hold(row) for row in self.ledger.holds() if row[1] in self.places
            ),
            "events": self._events(),
        }

    def _actor_names(self):
        titles = {thread.ident: thread.name for thread in threading.enumerate()}
        return {row.id: row.name or titles.get(row.ident) for row in self.ledger.actors()}

    def _site(self, stack):
        return sites(stack)[:3] if stack is not None else None

    def _waits(self):
        return [
            [row[2], self._site(self.ledger.stack(row[4])), row[6], row[7]]
            for row in self.ledger.waits()
        ]

    def _hold(self, row):
        _, lock, shared, actor, stack, _, label, leaked, flags = row
        shown = self.ledger.stack(stack)
        return [self.places[lock], shared, self.actors[actor], self._site(shown), shown.site_index,
                label, leaked, flags]  # fmt: skip

    def _events(self):
        refs = {}
        batches, lost = self.ledger.drain_events()
        shown = [lost]
        for batch in batches:
            for _, _, ref, lock, actor, stack, label, op, flags in unpack_events(batch.payload):
                if lock in self.places:
                    place = self.places[lock]
                    site = self._site(self.ledger.stack(stack)) if stack else None
                    order = refs.setdefault(ref, len(refs))
                    shown.append(
                        [order, place, self.actors.get(actor), site, bool(label), op, flags]
                    )
        return shown


def main():
    locktrace.install()
    workers = [Worker(f"worker {number}") for number in range(THREADS)]
    AGENT.publisher.pause()  # it would find after a while that nobody listens
    AGENT.core.ledger.listen(True)
    print(AGENT.core.ledger.name, flush=True)
    for line in sys.stdin:
        print(json.dumps(Script(workers).run(json.loads(line))), flush=True)


main()
