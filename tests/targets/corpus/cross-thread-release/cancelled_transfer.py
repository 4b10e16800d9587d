"""Who cancels a transfer releases its lock, though another thread is still in the middle of it."""
# family: threading.Lock
# cores: c py
# lucky: cross-thread-release of Account.lock

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()  # here: creator
        self.balance = 10

    def transfer(self, begun, cancelled):
        self.lock.acquire()
        begun.set()
        cancelled.wait()
        self.balance -= 1  # and whoever got in meanwhile does the same

    def cancel(self):
        if self.lock.locked():
            self.lock.release()


account = Account()


def main():
    begun, cancelled = threading.Event(), threading.Event()
    clerk = threading.Thread(target=account.transfer, args=(begun, cancelled), name="clerk")
    clerk.start()
    begun.wait()
    account.cancel()
    cancelled.set()
    clerk.join()


main()
print("done")
