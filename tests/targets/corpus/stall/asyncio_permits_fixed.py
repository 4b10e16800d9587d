"""The downloads again: what is on a page is fetched when the page's permit is given back."""

import asyncio


class Downloads:
    def __init__(self):
        self.permits = asyncio.Semaphore(2)

    async def page(self, depth):
        async with self.permits:
            await asyncio.sleep(0.01)
        if depth:
            await self.page(depth - 1)


async def main():
    downloads = Downloads()
    await asyncio.gather(downloads.page(2), downloads.page(2))


asyncio.run(main())
print("done")
