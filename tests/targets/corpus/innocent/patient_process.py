"""A process waits for another's lock, but not for ever, and does something else then."""

import multiprocessing
import time


def print_pages(printer, printing):
    with printer:
        printing.set()
        time.sleep(2)


def main():
    context = multiprocessing.get_context("fork")
    printer, printing = context.Lock(), context.Event()
    other = context.Process(target=print_pages, args=(printer, printing), name="other")
    other.start()
    printing.wait()
    while not printer.acquire(timeout=0.5):
        print("the printer is busy")
    printer.release()
    other.join()


if __name__ == "__main__":
    main()
    print("done")
