"""The transfer again: whoever cancels it says so, and the clerk himself lets go."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 10

    def transfer(self, begun, cancelled):
        with self.lock:
            begun.set()
            if not cancelled.wait(10):
                self.balance -= 1


account = Account()


def main():
    begun, cancelled = threading.Event(), threading.Event()
    clerk = threading.Thread(target=account.transfer, args=(begun, cancelled), name="clerk")
    clerk.start()
    begun.wait()
    cancelled.set()
    clerk.join()


main()
print("done")
