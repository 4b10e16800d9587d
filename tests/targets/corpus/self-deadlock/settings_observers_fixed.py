"""The settings again: their lock is re-entrant, as is that of a condition made without one."""

import threading


class Settings:
    def __init__(self):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.values = {"timeout": 5}
        self.observers = []

    def get(self, name):
        with self.changed:
            return self.values[name]

    def set(self, name, value):
        with self.changed:
            self.values[name] = value
            for observer in self.observers:
                observer(name)
            self.changed.notify_all()


def main():
    settings = Settings()
    settings.observers.append(lambda name: print(f"{name} is now {settings.get(name)}"))
    writer = threading.Thread(target=settings.set, args=("timeout", 10), name="writer")
    writer.start()
    writer.join()


main()
print("done")
