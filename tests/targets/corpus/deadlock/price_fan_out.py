"""Prices are fetched by several tasks at once, under the lock that each of them wants to store."""
# family: asyncio tasks
# unlucky: deadlock of Prices.lock

import asyncio


class Prices:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.known = {}

    async def fetch(self, name):
        await asyncio.sleep(0.01)
        async with self.lock:  # here: waiter
            self.known[name] = len(name)

    async def refresh(self, names):
        async with self.lock:  # here: holder
            self.known.clear()
            await asyncio.gather(*(self.fetch(name) for name in names))  # here: waiter


async def main():
    prices = Prices()
    await prices.refresh(["tea", "coffee", "milk"])
    print(prices.known)


asyncio.run(main())
print("done")
