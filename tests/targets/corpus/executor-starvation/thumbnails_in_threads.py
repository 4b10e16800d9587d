"""A worker of a pool waits for an asyncio loop, which needs a worker of that pool."""
# family: asyncio and concurrent.futures
# unlucky: executor-starvation

import asyncio
from concurrent.futures import ThreadPoolExecutor


class Gallery:
    def __init__(self, loop):
        self.loop = loop
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    async def read(self, name):
        return await self.loop.run_in_executor(self.executor, name.encode)

    def shrink(self, name):
        picture = asyncio.run_coroutine_threadsafe(self.read(name), self.loop)
        return picture.result()[:4]  # here: waiter


async def main():
    gallery = Gallery(asyncio.get_running_loop())
    print(await gallery.loop.run_in_executor(gallery.executor, gallery.shrink, "beach.jpg"))


asyncio.run(main())
print("done")
