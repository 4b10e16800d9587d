"""The asyncio shop again: the cart before the session, everywhere."""

import asyncio


class Shop:
    def __init__(self, query):
        self.cart = asyncio.Lock()
        self.session = asyncio.Lock()
        self.query = query

    async def pay(self):
        async with self.cart:
            await self.query("select * from cart")
            async with self.session:
                await self.query("update session")

    async def log_out(self):
        async with self.cart, self.session:
            await self.query("select * from session")
            await self.query("delete from cart")


async def main():
    async def query(sql):
        await asyncio.sleep(0)

    shop = Shop(query)
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(shop.pay(), name=f"pay-{number}")
            group.create_task(shop.log_out(), name=f"log-out-{number}")


asyncio.run(main())
print("done")
