"""An asyncio server waits to be told to shut down, by a task that was cancelled before it could."""
# family: asyncio.Event
# unlucky: lost-wakeup of Server.stopping

import asyncio


class Server:
    def __init__(self):
        self.stopping = asyncio.Event()

    async def watch(self, requests):
        while await requests.get() != "stop":
            pass
        self.stopping.set()


async def main():
    server, requests = Server(), asyncio.Queue()
    watcher = asyncio.create_task(server.watch(requests), name="watcher")
    await asyncio.sleep(0)
    watcher.cancel()
    await requests.put("stop")
    await server.stopping.wait()  # here: waiter


asyncio.run(main())
print("done")
