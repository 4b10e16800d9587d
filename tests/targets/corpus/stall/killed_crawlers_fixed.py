"""The crawlers again: they are asked to stop, and give their permits back."""

import multiprocessing


def crawl(permits, crawling, stop):
    with permits:
        crawling.release()
        stop.wait()


def main():
    context = multiprocessing.get_context("fork")
    permits = context.BoundedSemaphore(2)
    crawling, stop = context.Semaphore(0), context.Event()
    crawlers = [context.Process(target=crawl, args=(permits, crawling, stop)) for _ in range(2)]
    for crawler in crawlers:
        crawler.start()
    for _ in crawlers:
        crawling.acquire()
    stop.set()
    for crawler in crawlers:
        crawler.join()
    with permits:
        print("the next page")


if __name__ == "__main__":
    main()
    print("done")
