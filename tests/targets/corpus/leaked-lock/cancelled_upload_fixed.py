"""The upload again: a cancelled one leaves through its async with block."""

import asyncio
import contextlib


class Disk:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.files = {}

    async def write(self, name, chunks):
        async with self.lock:
            self.files[name] = [chunk async for chunk in chunks]


disk = Disk()


async def main():
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
    await asyncio.create_task(disk.write("note.txt", quick_chunks()), name="note")


asyncio.run(main())
print("done")
