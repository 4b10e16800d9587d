"""The import again: the lock is let go whatever the row is."""

import multiprocessing


def load(table, row):
    with table:
        if not row:
            return


def main():
    context = multiprocessing.get_context("spawn")
    table = context.Lock()
    importer = context.Process(target=load, args=(table, ""), name="importer")
    importer.start()
    importer.join()
    with table:
        print("the next import")


if __name__ == "__main__":
    main()
    print("done")
