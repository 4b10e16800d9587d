"""A shop's task waits on a condition for goods, and the delivery forgets to notify it."""
# family: asyncio.Condition
# unlucky: lost-wakeup of Shop.delivered

import asyncio


class Shop:
    def __init__(self):
        self.delivered = asyncio.Condition()
        self.goods = []

    async def sell(self):
        async with self.delivered:
            await self.delivered.wait_for(lambda: self.goods)  # here: waiter
            return self.goods.pop()

    async def deliver(self, item):
        async with self.delivered:
            self.goods.append(item)


async def main():
    shop = Shop()
    selling = asyncio.create_task(shop.sell(), name="seller")
    await asyncio.sleep(0)
    await shop.deliver("tea")
    print(await selling)


asyncio.run(main())
print("done")
