"""An asyncio shop: logging out takes the session and then the cart, paying the other way round."""
# family: asyncio.Lock
# unlucky: deadlock of Shop.cart and Shop.session
# lucky: lock-order-inversion of Shop.cart and Shop.session

import asyncio
import sys


class Shop:
    def __init__(self, query):
        self.cart = asyncio.Lock()
        self.session = asyncio.Lock()
        self.query = query

    async def pay(self):
        async with self.cart:  # here: holder
            await self.query("select * from cart")
            async with self.session:  # here: waiter
                await self.query("update session")

    async def log_out(self):
        async with self.session:  # here: holder
            await self.query("select * from session")
            async with self.cart:  # here: waiter
                await self.query("delete from cart")


async def main(lucky):
    everybody = asyncio.Barrier(1 if lucky else 2)

    async def query(sql):
        await everybody.wait()

    shop = Shop(query)
    paying = asyncio.create_task(shop.pay(), name="pay")
    if lucky:
        await paying
    await asyncio.gather(paying, asyncio.create_task(shop.log_out(), name="log-out"))


asyncio.run(main("lucky" in sys.argv))
print("done")
