"""The bank again: a transfer locks the account with the smaller number first."""

import threading


class Account:
    def __init__(self, number, balance):
        self.number = number
        self.balance = balance
        self.lock = threading.Lock()


class Bank:
    def __init__(self, check_limit):
        self.check_limit = check_limit

    def transfer(self, source, target, amount):
        first, second = sorted((source, target), key=lambda account: account.number)
        with first.lock:
            self.check_limit(source, amount)
            with second.lock:
                source.balance -= amount
                target.balance += amount


def main():
    alice, bob = Account(1, 100), Account(2, 100)
    bank = Bank(check_limit=lambda account, amount: account.balance >= amount)
    there = threading.Thread(target=bank.transfer, args=(alice, bob, 30), name="there")
    back = threading.Thread(target=bank.transfer, args=(bob, alice, 20), name="back")
    for thread in (there, back):
        thread.start()
    for thread in (there, back):
        thread.join()
    assert (alice.balance, bob.balance) == (90, 110)


main()
print("done")
