"""The prices again: the lock is held for what is cleared, and for each price that is stored."""

import asyncio


class Prices:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.known = {}

    async def fetch(self, name):
        await asyncio.sleep(0.01)
        async with self.lock:
            self.known[name] = len(name)

    async def refresh(self, names):
        async with self.lock:
            self.known.clear()
        await asyncio.gather(*(self.fetch(name) for name in names))


async def main():
    prices = Prices()
    await prices.refresh(["tea", "coffee", "milk"])
    print(prices.known)


asyncio.run(main())
print("done")
