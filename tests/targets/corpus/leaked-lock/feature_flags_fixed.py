"""The flags again: the read ends with its block."""

import threading

import fasteners


class Flags:
    def __init__(self):
        self.lock = fasteners.ReaderWriterLock()
        self.rules = {"dark-mode": "beta", "search": ""}

    def enabled(self, flag, user):
        with self.lock.read_lock():
            group = self.rules[flag]
            if not group:
                raise ValueError(f"{flag} has no rule")
            return user.startswith(group)

    def reload(self, rules):
        with self.lock.write_lock():
            self.rules = rules


flags = Flags()


def main():
    threading.excepthook = lambda arguments: print(f"request failed: {arguments.exc_value}")
    request = threading.Thread(target=flags.enabled, args=("search", "beta-7"), name="request")
    request.start()
    request.join()
    flags.reload({})


main()
print("done")
