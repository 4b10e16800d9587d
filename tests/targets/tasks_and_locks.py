"""Tasks hold and wait for each of asyncio's primitives until the program is told to go on."""

import asyncio
import sys


class Server:
    """Everything that tasks wait for."""

    def __init__(self):
        self.lock = asyncio.Lock()
        self.permits = asyncio.Semaphore(1)
        self.changed = asyncio.Condition()
        self.ready = asyncio.Event()
        self.full = asyncio.Queue(maxsize=1)
        self.empty = asyncio.Queue()
        self.meeting = asyncio.Barrier(2)

    async def hold(self, told):
        async with self.lock, self.permits:
            await told

    async def want_lock(self):
        async with self.lock:
            pass

    async def want_permit(self):
        await self.permits.acquire()
        self.permits.release()

    async def await_change(self):
        async with self.changed:
            await self.changed.wait()

    async def await_ready(self):
        await self.ready.wait()

    async def put(self):
        await self.full.put(2)

    async def get(self):
        await self.empty.get()

    async def join(self):
        await self.full.join()

    async def meet(self):
        await self.meeting.wait()

    async def hurry(self):
        try:
            await asyncio.wait_for(self.lock.acquire(), 600)
        finally:
            self.lock.release()


async def next_line():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.readline)


async def main():
    server = Server()
    told = asyncio.get_running_loop().create_future()
    server.full.put_nowait(1)
    works = [server.hold(told)]
    works += [
        work()
        for work in (server.want_lock, server.want_permit, server.await_change, server.await_ready,
                     server.put, server.get, server.join, server.meet, server.hurry)
    ]  # fmt: skip
    tasks = [asyncio.create_task(work, name=work.__name__) for work in works]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("ready", flush=True)
    await next_line()
    told.set_result(None)
    server.ready.set()
    async with server.changed:
        server.changed.notify_all()
    server.full.get_nowait()
    server.full.task_done()
    await server.meeting.wait()
    await server.full.get()
    server.full.task_done()
    server.empty.put_nowait(1)
    await asyncio.gather(*tasks)
    print("done", server.lock.locked(), server.permits.locked(), flush=True)
    await next_line()


asyncio.run(main())
