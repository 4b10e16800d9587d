"""The mailbox again: closing it twice changes nothing."""

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
        with self.changed:
            if not self.closed:
                self.closed = True
                self.changed.notify_all()


inbox = Inbox()


def main():
    inbox.close()
    inbox.close()
    postman = threading.Thread(target=inbox.deliver, args=("hello",), name="postman")
    postman.start()
    postman.join()


main()
print("done")
