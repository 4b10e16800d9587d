"""A session store behind a lock of readerwriterlock: a look-up that finds nothing keeps reading."""
# family: readerwriterlock
# needs: readerwriterlock
# unlucky: leaked-lock of Sessions.lock
# lucky: leaked-lock of Sessions.lock

import sys
import threading

from readerwriterlock import rwlock


class Sessions:
    def __init__(self):
        self.lock = rwlock.RWLockFair()
        self.users = {"4711": "ada"}

    def user(self, session):
        reading = self.lock.gen_rlock()
        reading.acquire()  # here: holder
        name = self.users.get(session)
        if name is None:
            return "nobody"
        reading.release()
        return name

    def forget(self, session):
        with self.lock.gen_wlock():
            self.users.pop(session, None)


sessions = Sessions()


def main(lucky):
    sessions.user("4711")
    sessions.user("4712")
    if not lucky:
        logout = threading.Thread(target=sessions.forget, args=("4711",), name="logout")
        logout.start()
        logout.join()


main("lucky" in sys.argv)
print("done")
