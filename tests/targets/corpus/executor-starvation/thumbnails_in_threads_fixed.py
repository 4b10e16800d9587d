"""The gallery again: a picture is read first, and the worker that shrinks it waits for nobody."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


class Gallery:
    def __init__(self, loop):
        self.loop = loop
        self.executor = ThreadPoolExecutor(1, thread_name_prefix="pictures")

    async def read(self, name):
        return await self.loop.run_in_executor(self.executor, name.encode)

    def shrink(self, picture):
        return picture[:4]


async def main():
    gallery = Gallery(asyncio.get_running_loop())
    picture = await gallery.read("beach.jpg")
    print(await gallery.loop.run_in_executor(gallery.executor, gallery.shrink, picture))
    gallery.executor.shutdown()


asyncio.run(main())
print("done")
