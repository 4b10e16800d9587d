"""The main thread is through, and waits for two threads that wait for each other."""

import threading

accounts = threading.Lock()
journal = threading.Lock()
both_hold = threading.Barrier(3)


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


for target in (transfer, audit):
    threading.Thread(target=target, name=target.__name__).start()
both_hold.wait()
print("ending", flush=True)
