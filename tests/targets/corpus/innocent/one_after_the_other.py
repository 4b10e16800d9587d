"""Two locks are taken in both orders, but one after the other: nobody has both at once."""

import threading


class Migration:
    def __init__(self):
        self.schema = threading.Lock()
        self.data = threading.Lock()

    def prepare(self):
        with self.schema:
            pass
        with self.data:
            pass

    def finish(self):
        with self.data:
            pass
        with self.schema:
            pass


migration = Migration()
for step in (migration.prepare, migration.finish):
    thread = threading.Thread(target=step, name=step.__name__)
    thread.start()
    thread.join()
print("done")
