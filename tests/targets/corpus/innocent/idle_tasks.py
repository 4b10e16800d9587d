"""An asyncio server with nothing to do: its tasks wait for a queue, an event and a condition."""
# options: --stall-after 0.5

import asyncio


async def serve(requests):
    while await requests.get() is not None:
        pass


async def watch(changed):
    async with changed:
        await changed.wait()


async def main():
    requests, changed, stopping = asyncio.Queue(), asyncio.Condition(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(serve(requests), name="server")
        group.create_task(watch(changed), name="watcher")
        group.create_task(stopping.wait(), name="janitor")
        await asyncio.sleep(1.2)
        requests.put_nowait(None)
        stopping.set()
        async with changed:
            changed.notify_all()


asyncio.run(main())
print("done")
