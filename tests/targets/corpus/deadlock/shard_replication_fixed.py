"""The shards again: rows are copied under one lock and merged under the other."""

import threading


class Shard:
    def __init__(self, number):
        self.number = number
        self.lock = threading.Lock()
        self.rows = {number: "row"}

    def replicate_to(self, neighbour):
        with self.lock:
            rows = dict(self.rows)
        with neighbour.lock:
            neighbour.rows.update(rows)


def main():
    shards = [Shard(number) for number in range(5)]
    copiers = [
        threading.Thread(
            target=s.replicate_to, args=(shards[(s.number + 1) % 5],), name=f"copier-{s.number}"
        )
        for s in shards
    ]
    for copier in copiers:
        copier.start()
    for copier in copiers:
        copier.join()
    assert all(len(shard.rows) >= 2 for shard in shards)


main()
print("done")
