"""Two devices are taken in both orders, but each wait for the second one ends by itself."""

import threading


class Device:
    def __init__(self):
        self.lock = threading.Lock()


def copy(source, target, both_have_one, copied):
    with source.lock:
        both_have_one.wait()
        if target.lock.acquire(timeout=0.1):
            target.lock.release()
        copied.append(source)


disk, tape = Device(), Device()
both_have_one, copied = threading.Barrier(2), []
backup = threading.Thread(target=copy, args=(disk, tape, both_have_one, copied), name="backup")
restore = threading.Thread(target=copy, args=(tape, disk, both_have_one, copied), name="restore")
for thread in (backup, restore):
    thread.start()
for thread in (backup, restore):
    thread.join()
assert len(copied) == 2
print("done")
