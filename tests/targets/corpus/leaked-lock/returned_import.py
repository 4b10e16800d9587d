"""An importing process returns early on a bad row, and ends with the table's lock."""
# family: multiprocessing.Lock
# unlucky: leaked-lock of main.table
# lucky: leaked-lock or held-at-exit of main.table

import multiprocessing
import sys


def load(table, row):
    table.acquire()  # here: holder
    if not row:
        return
    table.release()


def main(lucky):
    context = multiprocessing.get_context("spawn")
    table = context.Lock()
    importer = context.Process(target=load, args=(table, ""), name="importer")
    importer.start()
    importer.join()
    if not lucky:
        with table:
            print("the next import")


if __name__ == "__main__":
    main("lucky" in sys.argv)
    print("done")
