"""Tasks that await tasks in each way that asyncio has, and one the work of a pool; "on" ends it."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

ending = threading.Event()


async def work(gate):
    await gate.wait()


def base(gate, name):
    return asyncio.create_task(work(gate), name=f"base-{name}")


async def direct(gate):
    await base(gate, "direct")


async def gathered(gate):
    await asyncio.gather(base(gate, "gathered"), work(gate))


async def grouped(gate):
    async with asyncio.TaskGroup() as group:
        group.create_task(work(gate), name="base-grouped")


async def shielded(gate):
    await asyncio.shield(base(gate, "shielded"))


async def waited(gate):
    await asyncio.wait([base(gate, "waited")])


async def pooled(gate):
    with ThreadPoolExecutor(1, thread_name_prefix="pool") as pool:
        await asyncio.get_running_loop().run_in_executor(pool, ending.wait)


async def hurried(gate):
    await asyncio.wait_for(base(gate, "hurried"), 500)


async def limited(gate):
    async with asyncio.timeout(500):
        async with asyncio.Lock():  # so that it is an actor
            await base(gate, "limited")


def ask(loop, gate):
    asyncio.run_coroutine_threadsafe(work(gate), loop).result()


async def main():
    gate, loop = asyncio.Event(), asyncio.get_running_loop()
    ways = (direct, gathered, grouped, shielded, waited, pooled, hurried, limited)
    tasks = [asyncio.create_task(way(gate), name=way.__name__) for way in ways]
    asker = threading.Thread(target=ask, args=(loop, gate), name="asker")
    asker.start()
    await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.to_thread(input)
    gate.set()
    ending.set()
    await asyncio.wait(tasks)
    asker.join()
    print("over", flush=True)
    await asyncio.to_thread(input)


asyncio.run(main())
