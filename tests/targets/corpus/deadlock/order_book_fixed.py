"""The market again: a portfolio copies its shares, and asks the market without its own lock."""

import threading


class Market:
    def __init__(self):
        self.lock = threading.RLock()
        self.prices = {"ACME": 10}

    def fill(self, portfolio, symbol, number):
        with self.lock:
            portfolio.add(symbol, number)
            self.prices[symbol] += 1

    def price(self, symbol):
        with self.lock:
            return self.prices[symbol]


class Portfolio:
    def __init__(self, market):
        self.lock = threading.RLock()
        self.market = market
        self.shares = {"ACME": 5}

    def add(self, symbol, number):
        with self.lock:
            self.shares[symbol] += number

    def worth(self):
        with self.lock:
            shares = dict(self.shares)
        return sum(self.market.price(symbol) * n for symbol, n in shares.items())


def main():
    market = Market()
    portfolio = Portfolio(market)
    trader = threading.Thread(target=market.fill, args=(portfolio, "ACME", 2), name="trader")
    auditor = threading.Thread(target=portfolio.worth, name="auditor")
    for thread in (trader, auditor):
        thread.start()
    for thread in (trader, auditor):
        thread.join()


main()
print("done")
