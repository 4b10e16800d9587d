"""Threads that wait in futexes: a lock, an event, a native mutex, the GIL; lines on stdin steer.

`hold` keeps the gate until `free`, `pass SECONDS` for a time; `spin N` starts threads that want
the GIL; `crowd N` starts threads that wait for the gate; `share N` starts threads that pass it on
for ever; `native` waits in a mutex of C.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time

gate = threading.Lock()
told = threading.Event()
libc = ctypes.CDLL(None)
mutex = ctypes.create_string_buffer(64)  # a pthread_mutex_t, all zero: unlocked


def wait_for_gate() -> None:
    with gate:
        pass


def share_gate() -> None:
    while True:
        with gate:
            time.sleep(0.02)


def wait_in_c() -> None:
    libc.pthread_mutex_lock(mutex)


def spin() -> None:
    while not told.is_set():
        sum(range(1000))


def start(work: object, name: str) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()  # type: ignore[arg-type]


def hold() -> None:
    gate.acquire()


def free() -> None:
    gate.release()


def pass_on(seconds: str) -> None:
    gate.acquire()
    start(wait_for_gate, "passer")
    time.sleep(float(seconds))
    gate.release()


def crowd(size: str) -> None:
    for number in range(int(size)):
        start(wait_for_gate, f"crowd-{number}")


def share(size: str) -> None:
    for number in range(int(size)):
        start(share_gate, f"share-{number}")


def spinners(size: str) -> None:
    for number in range(int(size)):
        start(spin, f"spin-{number}")


def native() -> None:
    libc.pthread_mutex_lock(mutex)
    start(wait_in_c, "native-waiter")


COMMANDS = {
    "hold": hold,
    "free": free,
    "pass": pass_on,
    "crowd": crowd,
    "share": share,
    "spin": spinners,
    "native": native,
}


def main() -> None:
    print(f"{id(gate)} {ctypes.addressof(mutex)}", flush=True)
    for line in sys.stdin:
        word, *rest = line.split()
        COMMANDS[word](*rest)  # type: ignore[operator]
        print(word, flush=True)


main()
