"""A bank moves money between accounts: a transfer locks both, in the order it was told them."""
# family: threading.Lock
# cores: c py
# unlucky: deadlock of Account.lock
# lucky: lock-order-inversion of Account.lock

import sys
import threading


class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance
        self.lock = threading.Lock()


class Bank:
    def __init__(self, check_limit):
        self.check_limit = check_limit

    def transfer(self, source, target, amount):
        with source.lock:  # here: holder
            self.check_limit(source, amount)
            with target.lock:  # here: waiter
                source.balance -= amount
                target.balance += amount


def main(lucky):
    alice, bob = Account("alice", 100), Account("bob", 100)
    both_inside = threading.Barrier(1 if lucky else 2)
    bank = Bank(check_limit=lambda account, amount: both_inside.wait())
    there = threading.Thread(target=bank.transfer, args=(alice, bob, 30), name="there")
    back = threading.Thread(target=bank.transfer, args=(bob, alice, 20), name="back")
    there.start()
    if lucky:
        there.join()
    back.start()
    for thread in (there, back):
        thread.join()


main("lucky" in sys.argv)
print("done")
