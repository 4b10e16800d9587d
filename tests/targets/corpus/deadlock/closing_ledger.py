"""A ledger is closed under its lock, and awaits a task that wants the lock for its last entries."""
# family: asyncio tasks
# cores: c py
# unlucky: deadlock of Ledger.lock

import asyncio


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.entries = [3, 4]

    async def total(self):
        async with self.lock:  # here: waiter
            return sum(self.entries)

    async def close(self):
        async with self.lock:  # here: holder
            total = asyncio.create_task(self.total(), name="total")
            return await total  # here: waiter


print(asyncio.run(Ledger().close()))
print("done")
