"""A task downloads a page with a permit, and what is on the page, for which it needs another."""
# family: asyncio.Semaphore
# unlucky: stall of Downloads.permits

import asyncio


class Downloads:
    def __init__(self):
        self.permits = asyncio.Semaphore(2)

    async def page(self, depth):
        async with self.permits:  # here: holder, waiter
            await asyncio.sleep(0.01)
            if depth:
                await self.page(depth - 1)


async def main():
    downloads = Downloads()
    await asyncio.gather(downloads.page(2), downloads.page(2))


asyncio.run(main())
print("done")
