"""The crawler again: the lock guards what was seen, and the queue guards itself."""

import queue
import threading


class Crawler:
    def __init__(self):
        self.lock = threading.Lock()
        self.frontier = queue.Queue(maxsize=2)
        self.seen = set()

    def discover(self, links):
        with self.lock:
            new = [link for link in links if link not in self.seen]
            self.seen.update(new)
        for link in new:
            self.frontier.put(link)

    def fetch_one(self):
        return f"<html>{self.frontier.get()}</html>"


def main():
    crawler = Crawler()
    links = ["/", "/news", "/about"]

    def fetch_all():
        for _ in links:
            crawler.fetch_one()

    parser = threading.Thread(target=crawler.discover, args=(links,), name="parser")
    fetcher = threading.Thread(target=fetch_all, name="fetcher")
    for thread in (parser, fetcher):
        thread.start()
    for thread in (parser, fetcher):
        thread.join()


main()
print("done")
