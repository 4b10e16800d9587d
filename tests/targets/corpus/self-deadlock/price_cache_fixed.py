"""The cache again: what is called under the lock expects it to be taken."""

import threading


class PriceCache:
    def __init__(self, fetch):
        self.lock = threading.Lock()
        self.fetch = fetch
        self.prices = {}

    def price(self, symbol):
        with self.lock:
            if symbol not in self.prices:
                self._refresh(symbol)
            return self.prices[symbol]

    def refresh(self, symbol):
        with self.lock:
            self._refresh(symbol)

    def _refresh(self, symbol):
        self.prices[symbol] = self.fetch(symbol)


def main():
    cache = PriceCache(fetch=len)
    cache.price("ACME")
    cache.refresh("ACME")


main()
print("done")
