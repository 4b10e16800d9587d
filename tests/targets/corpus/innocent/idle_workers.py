"""Workers that wait for work, in each of the ways there are."""
# options: --stall-after 0.5

import queue
import subprocess
import sys
import threading


class Office:
    def __init__(self):
        self.jobs = queue.Queue()
        self.letters = queue.SimpleQueue()
        self.bell = threading.Event()
        self.news = threading.Condition()
        self.closed = False
        self.desks = threading.Semaphore(0)

    def take_job(self):
        self.jobs.get()

    def read_letter(self):
        self.letters.get()

    def wait_for_bell(self):
        self.bell.wait()

    def wait_for_news(self):
        with self.news:
            self.news.wait_for(lambda: self.closed)

    def wait_for_desk(self):
        self.desks.acquire()

    def close(self):
        self.jobs.put(None)
        self.letters.put(None)
        self.bell.set()
        with self.news:
            self.closed = True
            self.news.notify_all()
        self.desks.release()


office = Office()
clerks = [
    threading.Thread(target=work, name=work.__name__)
    for work in (
        office.take_job,
        office.read_letter,
        office.wait_for_bell,
        office.wait_for_news,
        office.wait_for_desk,
    )
]
for clerk in clerks:
    clerk.start()
subprocess.run([sys.executable, "-S", "-c", "import time; time.sleep(1.2)"], check=True)
office.close()
for clerk in clerks:
    clerk.join()
print("done")
