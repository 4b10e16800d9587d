"""The site map again: only the main thread waits; a page returns the names of its sub-pages."""

from concurrent.futures import ThreadPoolExecutor


class SiteMap:
    def __init__(self, executor):
        self.executor = executor

    def sub_pages(self, page):
        return [f"{page}/{number}" for number in range(2)]

    def build(self, pages, depth):
        found = list(pages)
        for _ in range(depth):
            futures = [self.executor.submit(self.sub_pages, page) for page in pages]
            pages = [name for future in futures for name in future.result()]
            found += pages
        return found


def main():
    with ThreadPoolExecutor(2, thread_name_prefix="fetcher") as executor:
        assert len(SiteMap(executor).build(["/a", "/b"], 2)) == 14


main()
print("done")
