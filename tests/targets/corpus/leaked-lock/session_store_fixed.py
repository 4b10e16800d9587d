"""The session store again: the read ends with its block."""

import threading

from readerwriterlock import rwlock


class Sessions:
    def __init__(self):
        self.lock = rwlock.RWLockFair()
        self.users = {"4711": "ada"}

    def user(self, session):
        with self.lock.gen_rlock():
            return self.users.get(session, "nobody")

    def forget(self, session):
        with self.lock.gen_wlock():
            self.users.pop(session, None)


sessions = Sessions()


def main():
    sessions.user("4711")
    sessions.user("4712")
    logout = threading.Thread(target=sessions.forget, args=("4711",), name="logout")
    logout.start()
    logout.join()


main()
print("done")
