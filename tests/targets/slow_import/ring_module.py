"""Waits, while it is imported, for a thread that imports it."""

import threading


def load():
    import ring_module  # noqa: F401


plugin = threading.Thread(target=load, name="plugin", daemon=True)
plugin.start()
plugin.join()
