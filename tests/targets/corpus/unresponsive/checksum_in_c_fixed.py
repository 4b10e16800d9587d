"""The checksum again: the extension lets go of the GIL while it computes."""

import ctypes
import threading

_LIBRARY = ctypes.CDLL(None)


def checksum(seconds):
    return _LIBRARY.sleep(seconds)


def main():
    worker = threading.Thread(target=checksum, args=(1,), name="worker")
    worker.start()
    worker.join()


main()
print("done")
