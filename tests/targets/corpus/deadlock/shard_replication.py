"""Five shards replicate to their neighbours: each locks itself, then the next one in the ring."""
# family: threading.Lock
# unlucky: deadlock of Shard.lock
# lucky: lock-order-inversion of Shard.lock

import sys
import threading


class Shard:
    def __init__(self, number, send):
        self.number = number
        self.send = send
        self.lock = threading.Lock()
        self.rows = {number: "row"}

    def replicate_to(self, neighbour):
        with self.lock:  # here: holder
            rows = self.send(self.rows)
            with neighbour.lock:  # here: waiter
                neighbour.rows.update(rows)


def main(lucky):
    all_inside = threading.Barrier(1 if lucky else 5)

    def send(rows):
        all_inside.wait()
        return dict(rows)

    shards = [Shard(number, send) for number in range(5)]
    copiers = [
        threading.Thread(
            target=s.replicate_to, args=(shards[(s.number + 1) % 5],), name=f"copier-{s.number}"
        )
        for s in shards
    ]
    for copier in copiers:
        copier.start()
        if lucky:
            copier.join()
    for copier in copiers:
        copier.join()


main("lucky" in sys.argv)
print("done")
