"""Two tables are locked in both orders, but only under the lock of the whole database."""

import threading


class Database:
    def __init__(self):
        self.gate = threading.Lock()
        self.users = threading.Lock()
        self.orders = threading.Lock()
        self.steps = []

    def delete_user(self):
        with self.gate, self.users, self.orders:
            self.steps.append("user deleted")

    def archive_orders(self):
        with self.gate, self.orders, self.users:
            self.steps.append("orders archived")


database = Database()
threads = [
    threading.Thread(target=work, name=work.__name__)
    for work in (database.delete_user, database.archive_orders) * 3
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
