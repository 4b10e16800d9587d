"""The cache again: the callback only appends to a deque, which takes no lock."""

import collections
import threading
import weakref


class Image:
    pass


class ImageCache:
    def __init__(self):
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.images = {}
        self.newest = None
        self.dead = collections.deque()

    def add(self, name, image):
        with self.changed:
            while self.dead:
                del self.images[self.dead.popleft()]
            self.images[name] = weakref.ref(image, lambda _: self.dead.append(name))
            self.newest = image
            self.changed.notify_all()


def main():
    cache = ImageCache()
    for name in ("beach.png", "forest.png", "lake.png"):
        cache.add(name, Image())


main()
print("done")
