"""An asyncio upload takes the disk by acquire(); when it is cancelled, nobody gives it back."""
# family: asyncio.Lock
# unlucky: leaked-lock of Disk.lock
# lucky: leaked-lock of Disk.lock

import asyncio
import contextlib
import sys


class Disk:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.files = {}

    async def write(self, name, chunks):
        await self.lock.acquire()  # here: holder
        self.files[name] = [chunk async for chunk in chunks]
        self.lock.release()


disk = Disk()


async def main(lucky):
    first_chunk_read = asyncio.Event()

    async def slow_chunks():
        yield b"first"
        first_chunk_read.set()
        await asyncio.Event().wait()

    async def quick_chunks():
        yield b"all"

    upload = asyncio.create_task(disk.write("film.mp4", slow_chunks()), name="upload")
    await first_chunk_read.wait()
    upload.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await upload
    if not lucky:
        await asyncio.create_task(disk.write("note.txt", quick_chunks()), name="note")


asyncio.run(main("lucky" in sys.argv))
print("done")
