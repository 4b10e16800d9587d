"""The gallery again: the thumbnailer returns the picture, and the gallery stores it."""

import threading
from concurrent.futures import ThreadPoolExecutor


class Gallery:
    def __init__(self, executor):
        self.lock = threading.Lock()
        self.executor = executor
        self.thumbnails = {}

    def show(self, picture):
        with self.lock:
            known = self.thumbnails.get(picture)
        if known is None:
            known = self.executor.submit(self.shrink, picture).result()
            with self.lock:
                self.thumbnails[picture] = known
        return known

    def shrink(self, picture):
        return picture.replace(".jpg", "-small.jpg")


def main():
    with ThreadPoolExecutor(2, thread_name_prefix="thumbnailer") as executor:
        gallery = Gallery(executor)
        assert gallery.show("beach.jpg") == gallery.show("beach.jpg")


main()
print("done")
