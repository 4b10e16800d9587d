"""The shop again: a delivery is told."""

import asyncio


class Shop:
    def __init__(self):
        self.delivered = asyncio.Condition()
        self.goods = []

    async def sell(self):
        async with self.delivered:
            await self.delivered.wait_for(lambda: self.goods)
            return self.goods.pop()

    async def deliver(self, item):
        async with self.delivered:
            self.goods.append(item)
            self.delivered.notify()


async def main():
    shop = Shop()
    selling = asyncio.create_task(shop.sell(), name="seller")
    await asyncio.sleep(0)
    await shop.deliver("tea")
    print(await selling)


asyncio.run(main())
print("done")
