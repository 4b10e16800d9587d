"""The report again: its pages are read first, and its process joined then."""

import multiprocessing


def write(pages):
    for number in range(8):
        pages.put(f"page {number}" * 20_000)


def main():
    context = multiprocessing.get_context("fork")
    pages = context.Queue()
    writer = context.Process(target=write, args=(pages,), name="writer")
    writer.start()
    for _ in range(8):
        print(len(pages.get()))
    writer.join()


if __name__ == "__main__":
    main()
    print("done")
