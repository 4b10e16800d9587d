"""Takes a lock in a function that forgets it, and ends at once."""

import threading


class Account:
    def __init__(self):
        self.guard = threading.Lock()

    def withdraw(self):
        self.guard.acquire()


account = Account()
account.withdraw()
