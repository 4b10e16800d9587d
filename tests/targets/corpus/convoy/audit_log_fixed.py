"""The audit log again: requests put their lines into a queue, and one thread writes them."""

import os
import queue
import tempfile
import threading
import time


class AuditLog:
    def __init__(self, file):
        self.lines = queue.SimpleQueue()
        self.file = file

    def write(self, line):
        self.lines.put(line)

    def flush_until_none(self):
        while (line := self.lines.get()) is not None:
            self.file.write(f"{line}\n")
            if self.lines.empty():
                self.file.flush()
                os.fsync(self.file.fileno())
                time.sleep(0.005)


def serve(log, number, requests):
    for request in range(requests):
        log.write(f"{number}: request {request}")


log = AuditLog(tempfile.TemporaryFile("w"))  # noqa: SIM115


def main():
    with log.file:
        flusher = threading.Thread(target=log.flush_until_none, name="flusher")
        workers = [
            threading.Thread(target=serve, args=(log, number, 50), name=f"worker-{number}")
            for number in range(8)
        ]
        for thread in (flusher, *workers):
            thread.start()
        for worker in workers:
            worker.join()
        log.write(None)
        flusher.join()


main()
print("done")
