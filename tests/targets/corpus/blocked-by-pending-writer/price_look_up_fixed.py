"""A price is looked up with the gate entered, which is left again whatever comes of it."""

import threading

from price_board.gate import Gate


class Board:
    def __init__(self):
        self.gate = Gate()
        self.prices = {"tea": 3}

    def price(self, item):
        self.gate.enter()
        try:
            return self.prices.get(item)
        finally:
            self.gate.leave()

    def change(self, item, price):
        self.gate.close()
        try:
            self.prices[item] = price
        finally:
            self.gate.open()


def main():
    board = Board()
    board.price("coffee")
    writer = threading.Thread(target=board.change, args=("tea", 4), name="writer")
    reader = threading.Thread(target=board.price, args=("tea",), name="reader")
    writer.start()
    reader.start()
    writer.join()
    reader.join()


main()
print("done")
