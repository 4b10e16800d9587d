"""A server as gunicorn makes one: a master that forks workers and replaces those that end.

Each worker has jobs to do under locks of its own; worker 0 never gives its lock back. A line
of input kills one more worker; the end of the input ends all.
"""

import os
import signal
import sys
import threading
import time

workers = []
MASTER = os.getpid()
LOCKS = int(sys.argv[2]) if len(sys.argv) > 2 else 2


class Worker:
    def __init__(self, number):
        self.number = number
        self.tables = [threading.Lock() for _ in range(LOCKS)]
        self.journal = threading.Lock()

    def leak(self):
        self.journal.acquire()

    def serve(self):
        if self.number == 0:
            self.leak()
        while os.getppid() == MASTER:
            for table in self.tables:
                with table:
                    pass
            time.sleep(0.1)


def fork_worker(number):
    pid = os.fork()
    if pid == 0:
        try:
            Worker(number).serve()
        finally:
            os._exit(1)
    workers.append(pid)
    print("worker", pid, flush=True)


for number in range(int(sys.argv[1])):
    fork_worker(number)
for _line in sys.stdin:
    ended = workers.pop()
    os.kill(ended, signal.SIGKILL)
    os.waitpid(ended, 0)
    fork_worker(1)
for pid in workers:
    os.kill(pid, signal.SIGKILL)
