"""A market fills orders and tells portfolios; a portfolio asks the market what it is worth."""
# family: threading.RLock
# cores: c py
# unlucky: deadlock of Market.lock and Portfolio.lock
# lucky: lock-order-inversion of Market.lock and Portfolio.lock

import sys
import threading


class Market:
    def __init__(self, settle):
        self.lock = threading.RLock()
        self.settle = settle
        self.prices = {"ACME": 10}

    def fill(self, portfolio, symbol, number):
        with self.lock:  # here: holder
            self.settle()
            portfolio.add(symbol, number)
            self.prices[symbol] += 1

    def price(self, symbol):
        with self.lock:  # here: waiter
            return self.prices[symbol]


class Portfolio:
    def __init__(self, market):
        self.lock = threading.RLock()
        self.market = market
        self.shares = {"ACME": 5}

    def add(self, symbol, number):
        with self.lock:  # here: waiter
            self.shares[symbol] += number

    def worth(self):
        with self.lock:  # here: holder
            self.market.settle()
            return sum(self.market.price(symbol) * n for symbol, n in self.shares.items())


def main(lucky):
    both_inside = threading.Barrier(1 if lucky else 2)
    market = Market(settle=both_inside.wait)
    portfolio = Portfolio(market)
    trader = threading.Thread(target=market.fill, args=(portfolio, "ACME", 2), name="trader")
    auditor = threading.Thread(target=portfolio.worth, name="auditor")
    trader.start()
    if lucky:
        trader.join()
    auditor.start()
    trader.join()
    auditor.join()


main("lucky" in sys.argv)
print("done")
