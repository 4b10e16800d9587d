"""The program again: it stops whichever way it leaves."""

import sys
import threading


class Program:
    def __init__(self):
        self.running = threading.RLock()

    def work(self, jobs):
        with self.running:
            for job in jobs:
                if job == "quit":
                    print("done")
                    sys.exit()
                print(job)


program = Program()
program.work(["hello", "quit", "never"])
