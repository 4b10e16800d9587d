"""The mailer again: what has been taken is done, whatever came of it."""

import queue
import threading


class Mailer:
    def __init__(self):
        self.outbox = queue.PriorityQueue()
        self.sent = []

    def send_all(self):
        while True:
            _, address = self.outbox.get()
            if "@" in address:
                self.sent.append(address)
            self.outbox.task_done()


def main():
    mailer = Mailer()
    for priority, address in enumerate(("ada@example.org", "bounces", "bob@example.org")):
        mailer.outbox.put((priority, address))
    threading.Thread(target=mailer.send_all, name="sender", daemon=True).start()
    mailer.outbox.join()
    assert len(mailer.sent) == 2


main()
print("done")
