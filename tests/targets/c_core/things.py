"""Primitives written in Python, as small as can be, and the tables that the core knows them by."""

import threading

from checking import LEDGER

# Made as the program runs: a literal of the source may be one that is never counted.
THING = " ".join(("the", "thing"))
ROWS, MADE = {}, {}


class Thing:
    """What is taken by a method written in Python."""

    def __init__(self):
        self.taken = False

    def _try(self):
        taken, self.taken = self.taken, True
        return not taken

    def _give(self):
        self.taken = False

    def take(self):
        return False

    def give(self):
        raise AssertionError

    def _wait(self, timeout=None):
        assert LEDGER.waits()
        if timeout == "raise":
            raise ValueError

    def wait(self, timeout=None):
        return None

    def build(self, how=None):
        threading.Lock()
        if how == "raise":
            raise ValueError


class Made:
    """What a constructor makes, with a lock of its own."""

    def begin(self, how=None):
        self.lock = threading.Lock()
        if how == "raise":
            raise ValueError

    def again(self, how=None):
        pass


class MadeOfSlots:
    __slots__ = ("lock",)


class Worker:
    """What works on an item."""

    def __init__(self, item):
        self.item = item

    def run(self, how=None):
        assert LEDGER.holds() or self.item is not None
        if how == "raise":
            raise ValueError

    def rest(self, how=None):
        pass


class Queue:
    """What a thing waits on behalf of."""

    def get(self, wait, thing):
        wait(thing)


OWNERS = {id(Queue.get.__code__): ROWS}
