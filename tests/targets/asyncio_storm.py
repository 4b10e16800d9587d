"""Tasks take, wait, time out and are cancelled at every point, by a random plan of a fixed seed.

Prints what came of each; where locktrace is installed, its ledger is compared with the truth.
"""

import asyncio
import collections
import gc
import random
import sys


class Storm:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.lock = asyncio.Lock()
        self.permits = asyncio.BoundedSemaphore(2)
        self.changed = asyncio.Condition()
        self.ready = asyncio.Event()
        self.queue = asyncio.Queue(maxsize=1)
        self.log = []

    async def run(self):
        works = [self.locked, self.permitted, self.notified, self.hurried, self.timed_out,
                 self.produce, self.consume, self.await_ready, self.shielded]  # fmt: skip
        tasks = [
            asyncio.create_task(self.record(self.random.choice(works), number))
            for number in range(60)
        ]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            living = [task for task in tasks if not task.done()]
            if living and self.random.random() < 0.3:
                self.random.choice(living).cancel()
            if self.random.random() < 0.3:
                self.ready.set()
                self.ready.clear()
            if not self.changed.locked() and self.random.random() < 0.3:
                async with self.changed:
                    self.changed.notify()
            if self.random.random() < 0.2 and not self.queue.empty():
                self.queue.get_nowait()
        self.log.append((self.lock.locked(), self.permits._value, self.changed.locked()))

    async def record(self, work, number):
        try:
            result = await work()
        except BaseException as error:
            result = type(error).__name__, type(error.__context__).__name__
        self.log.append((number, work.__name__, result))

    async def locked(self):
        async with self.lock:
            await asyncio.sleep(0)

    async def permitted(self):
        async with self.permits:
            await asyncio.sleep(0)

    async def notified(self):
        async with self.changed:
            return await self.changed.wait()

    async def hurried(self):
        await asyncio.wait_for(self.lock.acquire(), 600)
        try:
            await asyncio.sleep(0)
        finally:
            self.lock.release()

    async def timed_out(self):
        try:
            await asyncio.wait_for(self.lock.acquire(), 0)
        except TimeoutError:
            return "too late"
        return self.lock.release()

    async def shielded(self):
        task = asyncio.ensure_future(self.permits.acquire())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await task
            raise
        finally:
            if task.done() and not task.cancelled():
                self.permits.release()

    async def produce(self):
        await self.queue.put(1)

    async def consume(self):
        return await self.queue.get()

    async def await_ready(self):
        return await self.ready.wait()


def check(storm):
    """What locktrace says is held is what is, and nobody waits any more."""
    switch = sys.modules.get("locktrace.agent.switch")
    if switch is None or not switch.AGENT.installed:
        return
    gc.collect()  # the storms before
    ledger = switch.AGENT.core.ledger
    kinds = {row.id: row.kind for row in ledger.locks()}
    held = collections.Counter(kinds[row[1]] for row in ledger.holds())
    assert held["asyncio.Lock"] == storm.lock.locked() + storm.changed.locked()
    assert held["asyncio.Semaphore"] == 2 - storm.permits._value
    assert not [kinds[row[1]] for row in ledger.waits() if kinds[row[1]].startswith("asyncio.")]


def main():
    for seed in range(int(sys.argv[1])):
        storm = Storm(seed)
        asyncio.run(asyncio.wait_for(storm.run(), 60))
        outcomes = collections.Counter(str(entry) for entry in storm.log)
        check(storm)
        print(seed, storm.log[-1], sorted(outcomes.items()), [entry[0] for entry in storm.log])


main()
