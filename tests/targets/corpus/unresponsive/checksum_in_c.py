"""A checksum is computed in C, by an extension that keeps the interpreter's lock for all of it."""
# family: the GIL
# unlucky: unresponsive
# options: --threshold unresponsive-after=1.5

import ctypes
import threading

_LIBRARY = ctypes.PyDLL(None)  # of its functions none lets go of the GIL


def checksum(seconds):
    return _LIBRARY.sleep(seconds)  # here: holder


def main():
    worker = threading.Thread(target=checksum, args=(20,), name="worker")
    worker.start()
    worker.join()


main()
print("done")
