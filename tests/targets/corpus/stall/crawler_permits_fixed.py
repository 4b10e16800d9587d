"""The crawler again: sub-pages are fetched when the page's permit is given back."""

import threading


class Crawler:
    def __init__(self, connections):
        self.connections = threading.Semaphore(connections)
        self.pages = []

    def fetch(self, page):
        with self.connections:
            self.pages.append(page)
        if not page.endswith(".png"):
            self.fetch(f"{page}/logo.png")


def main():
    crawler = Crawler(2)
    fetchers = [
        threading.Thread(target=crawler.fetch, args=(page,), name=page) for page in ("/a", "/b")
    ]
    for fetcher in fetchers:
        fetcher.start()
    for fetcher in fetchers:
        fetcher.join()
    assert len(crawler.pages) == 4


main()
print("done")
