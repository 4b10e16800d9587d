"""An upload is tried again after a pause, which it takes under the lock of the whole bucket."""
# family: threading.RLock
# lucky: held-while-blocking of Bucket.lock
# options: --threshold blocking-after=0.3

import threading
import time


class Bucket:
    def __init__(self, trying):
        self.lock = threading.RLock()
        self.trying = trying
        self.objects = {}

    def upload(self, name, body):
        with self.lock:  # here: holder
            for attempt in range(2):
                self.trying.set()
                if attempt == 1:
                    self.objects[name] = body
                    return
                time.sleep(2.5)  # here: blocking

    def size(self):
        with self.lock:
            return len(self.objects)


def main():
    bucket = Bucket(trying=threading.Event())
    upload = threading.Thread(target=bucket.upload, args=("a", b"..."), name="upload")
    listing = threading.Thread(target=bucket.size, name="listing")
    upload.start()
    bucket.trying.wait()
    listing.start()
    upload.join()
    listing.join()


main()
print("done")
