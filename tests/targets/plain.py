"""Imports next to nothing, not even `threading`; answers each line with what it says of itself."""

import os
import sys


def ours(name):
    return name == "locktrace" or name.startswith("locktrace.")


def entries(folder):
    with os.scandir(folder) as found:
        return sorted(entry.name for entry in found)


def signals():
    """What is blocked and what ignored."""
    status = os.open("/proc/self/status", os.O_RDONLY)
    lines = os.read(status, 8192).decode().splitlines()
    os.close(status)
    return [line for line in lines if line.startswith(("SigBlk", "SigIgn"))]


def report():
    return {
        "path": sys.path,
        "finders": [str(finder) for finder in sys.meta_path],
        "environ": sorted(os.environ.items()),
        "here": entries("."),
        "descriptors": entries("/proc/self/fd"),
        "threads": len(entries("/proc/self/task")),
        "signals": signals(),
        "modules": [name for name in sys.modules if ours(name)],
    }


def lock_type():
    import threading

    return threading.Lock.__module__, threading.current_thread() is threading.main_thread()


def visitor():
    return id(sys._locktrace.visitor["main"].__code__)


def fork():
    child = os.fork()
    if child == 0:
        sys.stdin.readline()
        os._exit(0)
    return child


def become():
    os.execv("/bin/sleep", ["sleep", "60"])


def own_locktrace():
    import types

    sys.modules["locktrace"] = types.ModuleType("locktrace")
    sys.modules["locktrace"].__version__ = "0.0.9"


def import_locktrace():
    import locktrace

    return locktrace.__file__


def agent_comes_from():
    return sys.modules["locktrace.agent.switch"].__file__


def stop():
    sys.exit(3)


def main():
    print("ready", flush=True)
    for line in sys.stdin:
        print(globals()[line.strip()](), flush=True)


main()
