"""The plugin again: importing it starts nothing; the worker is started by the first use."""

import threading

CURRENCIES = ("EUR", "CHF")
rates = {}


def load_rates():
    from rate_plugin_fixed import CURRENCIES

    rates.update(dict.fromkeys(CURRENCIES, 1.0))


if __name__ == "__main__":
    worker = threading.Thread(target=load_rates, name="rates")
    worker.start()
    worker.join()
    print("done")
