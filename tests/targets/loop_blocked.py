"""A task takes a thread's lock that another thread keeps, so its whole event loop stands still."""

import asyncio
import sys
import threading

table = threading.Lock()


async def handle():
    with table:
        pass


async def main():
    await asyncio.create_task(handle(), name="handler")


def run_loop():
    asyncio.run(main())


def main_thread():
    with table:
        loop = threading.Thread(target=run_loop, name="loop")
        loop.start()
        print("ready", flush=True)
        sys.stdin.readline()
    loop.join()


main_thread()
