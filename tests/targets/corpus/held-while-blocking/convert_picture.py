"""A converter runs another program, and waits for it, under the lock of its cache."""
# family: threading.Condition
# lucky: held-while-blocking of Converter.changed
# options: --threshold blocking-after=0.3

import subprocess
import sys
import threading


class Converter:
    def __init__(self, running):
        self.changed = threading.Condition()
        self.running = running
        self.pictures = {}

    def convert(self, name):
        with self.changed:  # here: holder
            self.running.set()
            command = [sys.executable, "-S", "-c", "import time; time.sleep(2.5)"]
            subprocess.run(command, check=True)
            self.pictures[name] = "converted"
            self.changed.notify_all()

    def known(self, name):
        with self.changed:
            return name in self.pictures


def main():
    converter = Converter(running=threading.Event())
    worker = threading.Thread(target=converter.convert, args=("a.png",), name="worker")
    page = threading.Thread(target=converter.known, args=("a.png",), name="page")
    worker.start()
    converter.running.wait()
    page.start()
    worker.join()
    page.join()


main()
print("done")
