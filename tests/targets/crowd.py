"""So many threads, each with a lock of its own that it waits for."""

import sys
import threading

locks = [threading.Lock() for _ in range(int(sys.argv[1]))]
for lock in locks:
    lock.acquire()
threads = [threading.Thread(target=lock.acquire) for lock in locks]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
for lock in locks:
    lock.release()
for thread in threads:
    thread.join()
print("all ended")
