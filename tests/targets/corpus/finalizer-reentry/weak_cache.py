"""A cache of weak references; the callback of one that dies takes the lock under which it died."""
# family: threading.Condition
# unlucky: finalizer-reentry or self-deadlock of ImageCache.lock

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

    def add(self, name, image):
        with self.changed:  # here: holder
            self.images[name] = weakref.ref(image, lambda _: self.forget(name))
            self.newest = image
            self.changed.notify_all()

    def forget(self, name):
        with self.changed:  # here: waiter
            del self.images[name]


def main():
    cache = ImageCache()
    for name in ("beach.png", "forest.png"):
        cache.add(name, Image())


main()
print("done")
