"""A gallery waits for a thumbnail under the lock that the thumbnailer needs to store it."""
# family: concurrent.futures
# unlucky: deadlock of Gallery.lock

import threading
from concurrent.futures import ThreadPoolExecutor


class Gallery:
    def __init__(self, executor):
        self.lock = threading.Lock()
        self.executor = executor
        self.thumbnails = {}

    def show(self, picture):
        with self.lock:  # here: holder
            if picture not in self.thumbnails:
                self.executor.submit(self.shrink, picture).result()  # here: waiter
            return self.thumbnails[picture]

    def shrink(self, picture):
        small = picture.replace(".jpg", "-small.jpg")
        with self.lock:  # here: waiter
            self.thumbnails[picture] = small


def main():
    with ThreadPoolExecutor(2, thread_name_prefix="thumbnailer") as executor:
        Gallery(executor).show("beach.jpg")


main()
print("done")
