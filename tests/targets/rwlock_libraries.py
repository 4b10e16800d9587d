"""The locks of three libraries, held for reading, with a writer that waits for each."""

import asyncio
import sys
import tempfile
import threading

import aiorwlock
import fasteners
from readerwriterlock import rwlock

fair = rwlock.RWLockFairD()
shared = fasteners.ReaderWriterLock()
folder = tempfile.TemporaryDirectory()
alone = fasteners.InterProcessLock(f"{folder.name}/lock")


def write_fair():
    with fair.gen_wlock():
        pass


def write_shared():
    with shared.write_lock():
        pass


async def write(lock):
    async with lock.writer:
        pass


async def main():
    lock = aiorwlock.RWLock()
    writers = [
        threading.Thread(target=each, name=each.__name__) for each in (write_fair, write_shared)
    ]
    with fair.gen_rlock(), shared.read_lock(), alone:
        async with lock.reader:
            for writer in writers:
                writer.start()
            task = asyncio.create_task(write(lock), name="write_async")
            await asyncio.sleep(0)
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
    await task
    for writer in writers:
        writer.join()
    with fair.gen_wlock() as _:
        pass
    writer = fair.gen_wlock()
    writer.acquire()
    reader = writer.downgrade()
    print("done", alone.acquired, reader.locked(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    reader.release()


asyncio.run(main())
