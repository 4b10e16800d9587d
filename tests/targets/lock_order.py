"""Two threads take two locks in both orders and meet in the middle: a deadlock every time."""

import sys
import threading

accounts = threading.Lock()
journal = threading.Lock()
both_hold = threading.Barrier(2)


def transfer():
    with accounts:
        both_hold.wait()
        with journal:
            pass


def audit():
    with journal:
        both_hold.wait()
        with accounts:
            pass


threads = [threading.Thread(target=f, name=f.__name__, daemon=True) for f in (transfer, audit)]
for thread in threads:
    thread.start()
print("started", flush=True)
if "--join" in sys.argv:
    for thread in threads:
        thread.join()
sys.stdin.readline()
