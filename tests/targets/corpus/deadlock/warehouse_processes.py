"""Two processes move goods between two warehouses: each locks the one they come from first."""
# family: multiprocessing.Lock
# unlucky: deadlock of main.north and main.south
# lucky: lock-order-inversion of main.north and main.south

import multiprocessing
import sys


def move(source, target, log):
    with source:  # here: holder
        log.wait()
        with target:  # here: waiter
            pass


def main(lucky):
    context = multiprocessing.get_context("fork")
    north = context.Lock()
    south = context.Lock()
    both_inside = context.Barrier(1 if lucky else 2)
    carriers = [
        context.Process(target=move, args=(north, south, both_inside), name="southward"),
        context.Process(target=move, args=(south, north, both_inside), name="northward"),
    ]
    for carrier in carriers:
        carrier.start()
        if lucky:
            carrier.join()
    for carrier in carriers:
        carrier.join()


if __name__ == "__main__":
    main("lucky" in sys.argv)
    print("done")
