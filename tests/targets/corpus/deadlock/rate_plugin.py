"""A plugin that is being imported waits for a worker, which imports the plugin."""
# family: import locks
# unlucky: deadlock

import threading


def load_rates():
    from rate_plugin import CURRENCIES  # here: waiter

    return dict.fromkeys(CURRENCIES, 1.0)


if __name__ == "__main__":
    import rate_plugin  # here: holder

    print(rate_plugin.load_rates())
    print("done")
else:
    worker = threading.Thread(target=load_rates, name="rates")
    worker.start()
    worker.join()  # here: waiter
    CURRENCIES = ("EUR", "CHF")
