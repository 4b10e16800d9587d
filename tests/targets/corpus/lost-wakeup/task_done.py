"""A mailer waits until all mail is sent; for an address that bounces, task_done is left out."""
# family: queue.PriorityQueue
# unlucky: lost-wakeup of Mailer.outbox

import queue
import threading


class Mailer:
    def __init__(self):
        self.outbox = queue.PriorityQueue()
        self.sent = []

    def send_all(self):
        while True:
            _, address = self.outbox.get()
            if "@" not in address:
                continue
            self.sent.append(address)
            self.outbox.task_done()


def main():
    mailer = Mailer()
    for priority, address in enumerate(("ada@example.org", "bounces", "bob@example.org")):
        mailer.outbox.put((priority, address))
    threading.Thread(target=mailer.send_all, name="sender", daemon=True).start()
    mailer.outbox.join()  # here: waiter


main()
print("done")
