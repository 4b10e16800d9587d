"""The proxy again: the reporter copies the number, and sends it without the lock."""

import asyncio
import threading
import time


class Statistics:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests = 0

    def count(self):
        with self.lock:
            self.requests += 1

    def report(self, reporting, send):
        with self.lock:
            requests = self.requests
        reporting.set()
        send(requests)


async def handle(statistics):
    statistics.count()


async def main():
    statistics, reporting = Statistics(), asyncio.Event()
    loop = asyncio.get_running_loop()
    reporting_elsewhere = threading.Event()
    report = loop.run_in_executor(
        None, statistics.report, reporting_elsewhere, lambda requests: time.sleep(0.3)
    )
    report.add_done_callback(lambda _: reporting.set())
    await asyncio.create_task(handle(statistics), name="request")
    await reporting.wait()
    await report


asyncio.run(main())
print("done")
