"""A crawler puts links into a bounded queue under the lock that its fetcher takes before each."""
# family: queue.Queue
# unlucky: deadlock or lost-wakeup or stall of Crawler.lock

import queue
import threading


class Crawler:
    def __init__(self):
        self.lock = threading.Lock()
        self.frontier = queue.Queue(maxsize=2)
        self.seen = set()

    def discover(self, links, first_is_in):
        with self.lock:  # here: holder
            for link in links:
                if link not in self.seen:
                    self.seen.add(link)
                    self.frontier.put(link)
                    first_is_in.set()

    def fetch_one(self):
        with self.lock:  # here: waiter
            link = self.frontier.get()
        return f"<html>{link}</html>"


def main():
    crawler = Crawler()
    first_is_in = threading.Event()

    def fetch_all():
        first_is_in.wait()
        for _ in range(3):
            crawler.fetch_one()

    links = ["/", "/news", "/about"]
    parser = threading.Thread(target=crawler.discover, args=(links, first_is_in), name="parser")
    fetcher = threading.Thread(target=fetch_all, name="fetcher")
    parser.start()
    fetcher.start()
    parser.join()
    fetcher.join()


main()
print("done")
