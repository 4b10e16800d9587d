"""Two threads want a lock that a third keeps for a moment; nothing is wrong."""

import threading
import time

table = threading.Lock()


def reload():
    with table:
        for thread in readers:
            thread.start()
        time.sleep(0.2)


def look_up():
    with table:
        pass


readers = [threading.Thread(target=look_up, name=f"reader-{n}") for n in range(2)]
reload()
for thread in readers:
    thread.join()
