"""An asyncio lock is held across an await by design, and others wait for it in turn."""

import asyncio


class Printer:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.pages = []

    async def print(self, name):
        async with self.lock:
            for number in range(3):
                self.pages.append(f"{name} {number}")
                await asyncio.sleep(0.01)


async def main():
    printer = Printer()
    await asyncio.gather(*(printer.print(name) for name in ("a", "b", "c")))
    assert printer.pages[:3] == ["a 0", "a 1", "a 2"]


asyncio.run(main())
print("done")
