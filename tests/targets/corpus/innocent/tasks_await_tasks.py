"""Tasks await tasks, together, in a group, shielded and with a time-out, and all of it ends."""
# options: --threshold deadlock-after=0.2

import asyncio


async def work(lock, seconds):
    async with lock:
        await asyncio.sleep(seconds)


async def give_up(lock):
    """It awaits who wants its own lock: a ring, but for the time-out."""
    async with lock:
        try:
            await asyncio.wait_for(asyncio.create_task(work(lock, 0)), 2)
        except TimeoutError:
            return "gave up"


async def fail():
    await asyncio.sleep(1)
    raise ValueError


async def one_fails(lock):
    """Of two that it awaits one wants its lock, and the other fails, which ends the wait."""
    async with lock:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(work(lock, 0))
                group.create_task(fail())
        except* ValueError:
            pass
    return "failed"


async def main():
    print(await give_up(asyncio.Lock()))
    print(await one_fails(asyncio.Lock()))
    slow = asyncio.create_task(work(asyncio.Lock(), 1))
    await asyncio.gather(slow, asyncio.shield(slow), asyncio.wait([slow]))


asyncio.run(main())
print("done")
