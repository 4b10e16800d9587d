"""Two accounts are locked in both orders, but who does not get the second gives back the first."""

import threading


class Account:
    def __init__(self, balance):
        self.lock = threading.Lock()
        self.balance = balance


def transfer(source, target, amount):
    while True:
        with source.lock:
            if target.lock.acquire(blocking=False):
                try:
                    source.balance -= amount
                    target.balance += amount
                    return
                finally:
                    target.lock.release()


alice, bob = Account(100), Account(100)
threads = [
    threading.Thread(target=transfer, args=pair) for pair in [(alice, bob, 5), (bob, alice, 3)] * 5
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert (alice.balance, bob.balance) == (90, 110)
print("done")
