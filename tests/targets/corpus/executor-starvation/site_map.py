"""A site map is built in a pool: a page waits for its sub-pages, which have no worker left."""
# family: concurrent.futures
# unlucky: executor-starvation

import threading
from concurrent.futures import ThreadPoolExecutor


class SiteMap:
    def __init__(self, executor, fetched):
        self.executor = executor
        self.fetched = fetched

    def build(self, page, depth):
        self.fetched()
        if depth == 0:
            return [page]
        parts = [self.executor.submit(self.build, f"{page}/{n}", depth - 1) for n in range(2)]
        return [page, *(part.result() for part in parts)]  # here: waiter


def main():
    both_busy = threading.Barrier(2)
    with ThreadPoolExecutor(2, thread_name_prefix="fetcher") as executor:
        site_map = SiteMap(executor, fetched=both_busy.wait)
        pages = [executor.submit(site_map.build, page, 1) for page in ("/a", "/b")]
        for page in pages:
            print(page.result())


main()
print("done")
