"""Settings call observers under a condition with a plain lock; one of them reads a setting."""
# family: threading.Condition
# cores: c py
# unlucky: self-deadlock of Settings.lock

import threading


class Settings:
    def __init__(self):
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.values = {"timeout": 5}
        self.observers = []

    def get(self, name):
        with self.changed:  # here: waiter
            return self.values[name]

    def set(self, name, value):
        with self.changed:  # here: holder
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
