"""Each request writes one line into the audit log, which is flushed to the disk under its lock."""
# family: threading.Lock
# lucky: convoy of AuditLog.lock
# options: --threshold convoy-after=1

import os
import tempfile
import threading
import time


class AuditLog:
    def __init__(self, file):
        self.lock = threading.Lock()
        self.file = file

    def write(self, line):
        with self.lock:  # here: holder
            self.file.write(f"{line}\n")
            self.file.flush()
            os.fsync(self.file.fileno())
            time.sleep(0.005)  # the disk of a small cloud machine


def serve(log, number, requests):
    for request in range(requests):
        log.write(f"{number}: request {request}")


log = AuditLog(tempfile.TemporaryFile("w"))  # noqa: SIM115


def main():
    with log.file:
        workers = [
            threading.Thread(target=serve, args=(log, number, 50), name=f"worker-{number}")
            for number in range(8)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


main()
print("done")
