"""A crawler fetches a page with a permit, and its sub-pages, for which it needs more, meanwhile."""
# family: threading.Semaphore
# unlucky: stall of Crawler.connections

import threading


class Crawler:
    def __init__(self, connections, parsed):
        self.connections = threading.Semaphore(connections)
        self.parsed = parsed

    def fetch(self, page):
        with self.connections:  # here: holder, waiter
            self.parsed(page)
            if not page.endswith(".png"):
                self.fetch(f"{page}/logo.png")


def main():
    both_parsed = threading.Barrier(2)
    crawler = Crawler(2, parsed=lambda page: both_parsed.wait())
    fetchers = [
        threading.Thread(target=crawler.fetch, args=(page,), name=page) for page in ("/a", "/b")
    ]
    for fetcher in fetchers:
        fetcher.start()
    for fetcher in fetchers:
        fetcher.join()


main()
print("done")
