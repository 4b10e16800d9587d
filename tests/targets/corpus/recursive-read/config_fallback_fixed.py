"""The settings again: the defaults are read by who reads already."""

import threading

import locktrace
from locktrace_demo.rwmutex import RWMutex

locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))


class Config:
    def __init__(self):
        self.lock = RWMutex()
        self.values = {}
        self.defaults = {"timeout": 5}

    def get(self, name):
        self.lock.r_lock()
        try:
            return self.values.get(name) or self.defaults[name]
        finally:
            self.lock.r_unlock()

    def reload(self, values):
        self.lock.lock()
        try:
            self.values = values
        finally:
            self.lock.unlock()


def main():
    config = Config()
    requests = [threading.Thread(target=config.get, args=("timeout",)) for _ in range(5)]
    reloader = threading.Thread(target=config.reload, args=({},), name="reloader")
    for thread in (*requests, reloader):
        thread.start()
    for thread in (*requests, reloader):
        thread.join()


main()
print("done")
