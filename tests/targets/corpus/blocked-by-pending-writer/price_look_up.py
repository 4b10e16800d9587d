"""A price that is not on the board is looked up with the gate entered, and never left again."""
# family: registered in pyproject.toml
# project: price_board
# unlucky: blocked-by-pending-writer of Board.gate
# lucky: leaked-lock of Board.gate

import sys
import threading

from price_board.gate import Gate


class Board:
    def __init__(self):
        self.gate = Gate()
        self.prices = {"tea": 3}

    def price(self, item):
        self.gate.enter()  # here: holder, unlucky waiter
        if item not in self.prices:
            return None
        price = self.prices[item]
        self.gate.leave()
        return price

    def change(self, item, price):
        self.gate.close()  # here: unlucky waiter
        try:
            self.prices[item] = price
        finally:
            self.gate.open()


board = Board()


def main(lucky):
    board.price("coffee")
    if lucky:
        return
    writer = threading.Thread(target=board.change, args=("tea", 4), name="writer")
    writer.start()
    while not board.gate.is_closed:
        pass
    reader = threading.Thread(target=board.price, args=("tea",), name="reader")
    reader.start()
    writer.join()
    reader.join()


main("lucky" in sys.argv)
print("done")
