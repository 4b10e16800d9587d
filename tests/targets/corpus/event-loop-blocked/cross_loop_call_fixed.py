"""The users again: what blocks is called in a thread."""

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
        return loading.result()


async def main():
    users = Users(asyncio.get_running_loop())
    print(await users.load(7), await asyncio.to_thread(users.get, 8))


asyncio.run(main())
print("done")
