"""A sorted linked list with a lock in each node: the next is taken before one is given back."""

import threading


class Node:
    def __init__(self, value, following):
        self.lock = threading.Lock()
        self.value = value
        self.following = following


class SortedList:
    def __init__(self):
        self.head = Node(float("-inf"), Node(float("inf"), None))

    def insert(self, value):
        here = self.head
        here.lock.acquire()
        there = here.following
        there.lock.acquire()
        while there.value < value:
            here.lock.release()
            here, there = there, there.following
            there.lock.acquire()
        here.following = Node(value, there)
        there.lock.release()
        here.lock.release()

    def __iter__(self):
        node = self.head.following
        while node.following is not None:
            yield node.value
            node = node.following


numbers = SortedList()


def insert_every_fourth(start):
    for number in range(start, 40, 4):
        numbers.insert(number)


threads = [threading.Thread(target=insert_every_fourth, args=(start,)) for start in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert list(numbers) == list(range(40))
print("done")
