"""Works for a moment, then leaves by os._exit: no atexit hook runs."""

import os
import threading
import time

lock = threading.Lock()
deadline = time.monotonic() + 2
while time.monotonic() < deadline:
    with lock:
        time.sleep(0.01)
os._exit(9)
