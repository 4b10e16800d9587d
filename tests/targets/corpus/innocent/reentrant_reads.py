"""The locks of fasteners and aiorwlock let a reader read again, also when a writer waits."""
# family: fasteners, aiorwlock
# needs: fasteners aiorwlock

import asyncio
import threading

import aiorwlock
import fasteners

lock, reading = fasteners.ReaderWriterLock(), threading.Event()


def read_twice():
    with lock.read_lock():
        reading.set()
        while not lock.has_pending_writers:
            pass
        with lock.read_lock():
            pass


def write():
    reading.wait()
    with lock.write_lock():
        pass


async def read_twice_in_a_task(lock, reading):
    async with lock.reader:
        reading.set()
        await asyncio.sleep(0)
        async with lock.reader:
            pass


async def write_in_a_task(lock, reading):
    await reading.wait()
    async with lock.writer:
        pass


async def main():
    lock, reading = aiorwlock.RWLock(), asyncio.Event()
    await asyncio.gather(read_twice_in_a_task(lock, reading), write_in_a_task(lock, reading))


threads = [threading.Thread(target=work, name=work.__name__) for work in (read_twice, write)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
asyncio.run(main())
print("done")
