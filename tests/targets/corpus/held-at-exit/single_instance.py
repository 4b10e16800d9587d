"""A program marks itself as running by an RLock, and leaves by sys.exit amid its work."""
# family: threading.RLock
# lucky: held-at-exit or leaked-lock of Program.running

import sys
import threading


class Program:
    def __init__(self):
        self.running = threading.RLock()

    def start(self):
        self.running.acquire()  # here: holder

    def stop(self):
        self.running.release()

    def work(self, jobs):
        for job in jobs:
            if job == "quit":
                print("done")
                sys.exit()
            print(job)


program = Program()
program.start()
program.work(["hello", "quit", "never"])
program.stop()
