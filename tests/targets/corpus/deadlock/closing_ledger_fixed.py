"""The ledger again: the task is awaited when the lock has been given back."""

import asyncio


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.entries = [3, 4]

    async def total(self):
        async with self.lock:
            return sum(self.entries)

    async def close(self):
        async with self.lock:
            self.entries.append(0)
        total = asyncio.create_task(self.total(), name="total")
        return await total


print(asyncio.run(Ledger().close()))
print("done")
