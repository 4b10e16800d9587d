"""The client again: the request for a token goes without one, and takes no lock."""

import asyncio


class Client:
    def __init__(self):
        self.token_lock = asyncio.Lock()
        self.token = None

    async def request(self, path):
        async with self.token_lock:
            if self.token is None:
                self.token = await self.send("/token")
        return await self.send(path)

    async def send(self, path):
        await asyncio.sleep(0)
        return f"{path} with {self.token}"


async def main():
    client = Client()
    await asyncio.gather(*(client.request(f"/orders/{number}") for number in range(5)))


asyncio.run(main())
print("done")
