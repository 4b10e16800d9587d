"""An asyncio proxy counts under a threading lock that a reporting thread keeps for long."""
# family: asyncio and threading.Lock
# unlucky: event-loop-blocked of Statistics.lock
# lucky: event-loop-blocked of Statistics.lock
# options: --threshold loop-after=0.3

import asyncio
import sys
import threading
import time


class Statistics:
    def __init__(self):
        self.lock = threading.Lock()
        self.requests = 0

    def count(self):
        with self.lock:  # here: waiter
            self.requests += 1

    def report(self, reporting, send):
        with self.lock:  # here: holder
            reporting.set()
            send(self.requests)


async def handle(statistics):
    statistics.count()


async def main(lucky):
    statistics, reporting = Statistics(), threading.Event()
    never = threading.Event()
    reporter = threading.Thread(
        target=statistics.report,
        args=(reporting, lambda requests: time.sleep(1.5) if lucky else never.wait()),
        name="reporter",
    )
    reporter.start()
    reporting.wait()
    await asyncio.create_task(handle(statistics), name="request")
    reporter.join()


asyncio.run(main("lucky" in sys.argv))
print("done")
