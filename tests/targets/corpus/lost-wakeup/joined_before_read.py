"""A report's process is joined before its pages are read: more of them than the pipe can take."""
# family: multiprocessing.Queue
# unlucky: lost-wakeup of main.pages

import multiprocessing


def write(pages):
    for number in range(8):
        pages.put(f"page {number}" * 20_000)


def main():
    context = multiprocessing.get_context("fork")
    pages = context.Queue()
    writer = context.Process(target=write, args=(pages,), name="writer")
    writer.start()
    writer.join()  # here: waiter
    for _ in range(8):
        print(len(pages.get()))


if __name__ == "__main__":
    main()
    print("done")
