"""`second` imports a module that `first` is importing and that is not ready yet."""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "slow_import"))
told = threading.Event()


def load():
    import slow_module  # noqa: F401  (for as long as it takes)


def main():
    threads = [threading.Thread(target=load, name=name) for name in ("first", "second")]
    threads[0].start()
    while "slow_module" not in sys.modules:
        pass
    threads[1].start()
    print("ready", flush=True)
    sys.stdin.readline()
    told.set()
    for thread in threads:
        thread.join()
    print("done", "slow_module" in sys.modules, flush=True)
    sys.stdin.readline()


main()
