"""A setting that is missing is looked up in the defaults, by a method that reads once more."""
# family: register_rwlock
# unlucky: deadlock of Config.lock
# lucky: recursive-read of Config.lock

import sys
import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(
    RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"), try_read="try_r_lock"
)


class Config:
    def __init__(self, trace):
        self.lock = RWMutex()
        self.trace = trace
        self.values = {}
        self.defaults = {"timeout": 5}

    def get(self, name):
        self.lock.r_lock()  # here: holder
        try:
            self.trace(f"get {name}")
            return self.values.get(name) or self.default(name)
        finally:
            self.lock.r_unlock()

    def default(self, name):
        self.lock.r_lock()  # here: waiter
        try:
            return self.defaults[name]
        finally:
            self.lock.r_unlock()

    def reload(self, values):
        self.lock.lock()  # here: unlucky waiter
        try:
            self.values = values
        finally:
            self.lock.unlock()


def a_writer_waits(lock):
    """Whether a reader who came now would have to queue behind a writer."""
    if lock.try_r_lock():
        lock.r_unlock()
        return False
    return True


def main(lucky):
    reading = threading.Event()

    def trace(text):
        reading.set()
        while not lucky and not a_writer_waits(config.lock):
            pass

    config = Config(trace)
    request = threading.Thread(target=config.get, args=("timeout",), name="request")
    reloader = threading.Thread(target=config.reload, args=({},), name="reloader")
    request.start()
    reading.wait()
    if lucky:
        request.join()
    reloader.start()
    request.join()
    reloader.join()


main("lucky" in sys.argv)
print("done")
