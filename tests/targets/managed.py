"""A lock that a spawned manager keeps for others; the process gets the kind of it pickled."""

import multiprocessing


def main():
    with multiprocessing.get_context("spawn").Manager() as manager, manager.Lock():
        print(True, flush=True)


if __name__ == "__main__":
    main()
