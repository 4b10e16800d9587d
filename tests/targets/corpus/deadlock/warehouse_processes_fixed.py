"""The warehouses again: north is locked before south, whichever way the goods go."""

import multiprocessing


def move(north, south):
    with north, south:
        pass


def main():
    context = multiprocessing.get_context("fork")
    north = context.Lock()
    south = context.Lock()
    carriers = [
        context.Process(target=move, args=(north, south), name="southward"),
        context.Process(target=move, args=(north, south), name="northward"),
    ]
    for carrier in carriers:
        carrier.start()
    for carrier in carriers:
        carrier.join()


if __name__ == "__main__":
    main()
    print("done")
