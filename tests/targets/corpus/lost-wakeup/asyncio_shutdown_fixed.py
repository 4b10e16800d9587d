"""The server again: it is stopping too when its watcher is."""

import asyncio


class Server:
    def __init__(self):
        self.stopping = asyncio.Event()

    async def watch(self, requests):
        try:
            while await requests.get() != "stop":
                pass
        finally:
            self.stopping.set()


async def main():
    server, requests = Server(), asyncio.Queue()
    watcher = asyncio.create_task(server.watch(requests), name="watcher")
    await asyncio.sleep(0)
    watcher.cancel()
    await requests.put("stop")
    await server.stopping.wait()


asyncio.run(main())
print("done")
