"""A mailbox is closed under its condition by acquire(); closing twice forgets the release."""
# family: threading.Condition
# unlucky: leaked-lock of Inbox.changed
# lucky: leaked-lock of Inbox.changed

import sys
import threading


class Inbox:
    def __init__(self):
        self.changed = threading.Condition()
        self.mail = []
        self.closed = False

    def deliver(self, letter):
        with self.changed:
            self.mail.append(letter)
            self.changed.notify()

    def close(self):
        self.changed.acquire()  # here: holder
        if self.closed:
            return
        self.closed = True
        self.changed.notify_all()
        self.changed.release()


inbox = Inbox()


def main(lucky):
    inbox.close()
    inbox.close()
    if not lucky:
        postman = threading.Thread(target=inbox.deliver, args=("hello",), name="postman")
        postman.start()
        postman.join()


main("lucky" in sys.argv)
print("done")
