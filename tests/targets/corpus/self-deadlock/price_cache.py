"""A cache that, when an entry is too old, refreshes it through its own locked method."""
# family: threading.Lock
# cores: c py
# unlucky: self-deadlock of PriceCache.lock

import threading


class PriceCache:
    def __init__(self, fetch):
        self.lock = threading.Lock()
        self.fetch = fetch
        self.prices = {}

    def price(self, symbol):
        with self.lock:  # here: holder
            if symbol not in self.prices:
                self.refresh(symbol)
            return self.prices[symbol]

    def refresh(self, symbol):
        price = self.fetch(symbol)
        with self.lock:  # here: waiter
            self.prices[symbol] = price


def main():
    cache = PriceCache(fetch=len)
    cache.price("ACME")


main()
print("done")
