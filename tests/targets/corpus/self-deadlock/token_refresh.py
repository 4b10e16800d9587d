"""An asyncio client refreshes its token under a lock, by a request that wants the token too."""
# family: asyncio.Lock
# unlucky: self-deadlock of Client.token_lock

import asyncio


class Client:
    def __init__(self):
        self.token_lock = asyncio.Lock()
        self.token = None

    async def request(self, path):
        async with self.token_lock:  # here: holder, waiter
            if self.token is None:
                await self.refresh()
        return f"{path} with {self.token}"

    async def refresh(self):
        self.token = await self.request("/token")


asyncio.run(Client().request("/orders"))
print("done")
