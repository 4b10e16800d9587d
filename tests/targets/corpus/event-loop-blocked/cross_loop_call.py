"""A coroutine waits for a call that it sent to its own loop from within it: nobody can run it."""
# family: asyncio and concurrent.futures
# unlucky: event-loop-blocked or deadlock

import asyncio


class Users:
    def __init__(self, loop):
        self.loop = loop

    async def load(self, number):
        await asyncio.sleep(0)
        return f"user {number}"

    def get(self, number):
        """For threads: loads in the loop, and waits."""
        loading = asyncio.run_coroutine_threadsafe(self.load(number), self.loop)
        return loading.result()  # here: waiter


async def main():
    users = Users(asyncio.get_running_loop())
    print(users.get(7))


asyncio.run(main())
print("done")
