"""The process that was to say that the model is loaded is killed before it does."""
# family: multiprocessing.Condition
# unlucky: lost-wakeup of main.loaded

import multiprocessing


def load(loaded, loading):
    loading.set()
    multiprocessing.Event().wait()  # for the disk, which does not answer
    with loaded:
        loaded.notify_all()


def main():
    context = multiprocessing.get_context("fork")
    loaded = context.Condition()
    loading = context.Event()
    loader = context.Process(target=load, args=(loaded, loading), name="loader")
    loader.start()
    loading.wait()
    loader.join(timeout=0.5)
    loader.kill()
    loader.join()
    with loaded:
        loaded.wait()  # here: waiter


if __name__ == "__main__":
    main()
    print("done")
