"""Makes a lock in every way that people make them, then waits for its input to close."""

import queue
import sys
import threading
from dataclasses import dataclass, field

import locktrace


class RWLock:
    def __init__(self):
        self._mutex = threading.Lock()

    def r_lock(self):
        self._mutex.acquire()

    def r_unlock(self):
        self._mutex.release()


locktrace.register_rwlock(RWLock, read=("r_lock", "r_unlock"), write=("r_lock", "r_unlock"))


@dataclass
class Job:
    guard: threading.Lock = field(default_factory=threading.Lock)


def new_lock():
    return threading.Lock()


class Registry:
    shared = threading.Lock()

    def __init__(self):
        self.table = threading.Lock()
        self.shards = [threading.Lock() for _ in range(3)]
        self.by_name = {"a": threading.Lock()}
        self.made_by_helper = new_lock()
        self.jobs = queue.Queue()
        self.permits = threading.BoundedSemaphore(2)
        self.changed = threading.Condition()
        self.idle, self.done = threading.Event(), threading.Event()
        self.ip_table = RWLock()
        self.first, self.second = threading.Lock(), threading.Lock()
        self.primary = self.alias = threading.Lock()
        north, east, south, west = (threading.Lock(), new_lock(), threading.Lock(), new_lock())
        self.sides = {north, east, south, west}


GLOBAL = threading.Lock()
LEFT, RIGHT = threading.Lock(), threading.RLock()


def main():
    registry = Registry()
    local = threading.Lock()
    job = Job()
    kept = [print, registry, local, job]
    kept.extend([threading.Lock()][:1])
    print("ready", flush=True)
    sys.stdin.read()


main()
