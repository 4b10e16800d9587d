"""`careless` ends with a lock in its hands; `hurried` holds one that it took by `wait_for`."""

import asyncio
import sys


class Store:
    def __init__(self):
        self.careless = asyncio.Lock()
        self.hurried = asyncio.Lock()


async def careless(store):
    await store.careless.acquire()


async def hurried(store, told):
    await asyncio.wait_for(store.hurried.acquire(), 600)
    await told.wait()
    store.hurried.release()


async def main():
    store, told = Store(), asyncio.Event()
    tasks = [
        asyncio.create_task(careless(store), name="careless"),
        asyncio.create_task(hurried(store, told), name="hurried"),
    ]
    await asyncio.sleep(0.1)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    told.set()
    await asyncio.gather(*tasks)


asyncio.run(main())
