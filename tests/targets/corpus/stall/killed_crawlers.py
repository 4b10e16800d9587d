"""Two crawlers are killed while each has a permit; the third waits for one that never comes."""
# family: multiprocessing.BoundedSemaphore
# unlucky: stall of main.permits

import multiprocessing


def crawl(permits, crawling):
    permits.acquire()  # here: holder
    crawling.release()
    multiprocessing.Event().wait()


def main():
    context = multiprocessing.get_context("fork")
    permits = context.BoundedSemaphore(2)
    crawling = context.Semaphore(0)
    crawlers = [context.Process(target=crawl, args=(permits, crawling)) for _ in range(2)]
    for crawler in crawlers:
        crawler.start()
    for _ in crawlers:
        crawling.acquire()
    for crawler in crawlers:
        crawler.join(timeout=0.5)
        crawler.kill()
        crawler.join()
    with permits:  # here: waiter
        print("the next page")


if __name__ == "__main__":
    main()
    print("done")
