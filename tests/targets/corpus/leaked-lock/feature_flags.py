"""Feature flags behind a lock of fasteners: evaluating a broken rule leaves the read lock taken."""
# family: fasteners
# needs: fasteners
# unlucky: leaked-lock of Flags.lock
# lucky: leaked-lock of Flags.lock

import sys
import threading

import fasteners


class Flags:
    def __init__(self):
        self.lock = fasteners.ReaderWriterLock()
        self.rules = {"dark-mode": "beta", "search": ""}

    def enabled(self, flag, user):
        self.lock.acquire_read_lock()  # here: holder
        group = self.rules[flag]
        if not group:
            raise ValueError(f"{flag} has no rule")
        self.lock.release_read_lock()
        return user.startswith(group)

    def reload(self, rules):
        with self.lock.write_lock():
            self.rules = rules


flags = Flags()


def main(lucky):
    threading.excepthook = lambda arguments: print(f"request failed: {arguments.exc_value}")
    request = threading.Thread(target=flags.enabled, args=("search", "beta-7"), name="request")
    request.start()
    request.join()
    if not lucky:
        flags.reload({})


main("lucky" in sys.argv)
print("done")
