"""A C call that keeps the GIL, while another thread would like to run."""

import ctypes
import sys
import threading

journal = threading.Lock()


def checksum(seconds):
    """What a C extension that forgets Py_BEGIN_ALLOW_THREADS does."""
    ctypes.PyDLL(None).sleep(seconds)


def clock():
    while True:
        with journal:
            pass


threading.Thread(target=clock, name="clock", daemon=True).start()
print("started", flush=True)
for line in sys.stdin:
    checksum(int(line))
