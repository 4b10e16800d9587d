"""Two threads take two locks in both orders and end at once; only one of them has a name."""

import _thread
import threading
import time
from pathlib import Path

accounts = threading.Lock()
journal = threading.Lock()
passers: list[int] = []


def transfer() -> None:
    with accounts, journal:
        passers.append(threading.get_native_id())


def audit() -> None:
    with journal, accounts:
        pass


_thread.start_new_thread(transfer, ())
while not passers or Path(f"/proc/self/task/{passers[0]}").exists():
    time.sleep(0.001)
print(passers[0])
auditor = threading.Thread(target=audit, name="auditor")
auditor.start()
auditor.join()
