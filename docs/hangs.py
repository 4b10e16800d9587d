"""How soon `--on-stall exit` ends a program that hangs, wherever it does: `python -m docs.hangs`.

Prints the table of docs/testing.md. One program at a time; a time is that from the last thing
that the program does before it hangs to the end of the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support import TARGETS, environment

STALL_AFTER_S = 1.0
ROUNDS = 3
PLACES = {
    "hang": "the main thread is blocked",
    "at_exit": "an exit function of `atexit` is",
    "at_shutdown": "the interpreter waits at its end for a thread that is",
    "catching_signals": "a thread is, and handlers catch SIGTERM, SIGINT and SIGHUP",
    "ignoring_signals": "the main thread is, and these signals are ignored",
    "in_a_subprocess": "a subprocess is",
    "in_a_child": "a child of `multiprocessing` is",
    "in_a_stopped_child": "a child was stopped while it held the lock that is wanted",
    "after_the_goodbye": "a finalizer blocks when all exit functions are through",
    "with_a_full_stderr": "the main thread is, and nobody reads what is on stderr",
}


def seconds(place: str) -> float:
    """From the hang to the end of the command; RuntimeError if it did not end the program."""
    with tempfile.TemporaryDirectory() as folder:
        since = Path(folder) / "since"
        command = [sys.executable, "-m", "locktrace", "run", "--on-stall", "exit"]
        command += ["--stall-after", str(STALL_AFTER_S), str(TARGETS / "hanging.py"), place]
        reader, writer = os.pipe()
        try:
            done = subprocess.run(
                command,
                env=environment(trace=False, HANGS_SINCE=str(since)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=writer,
                timeout=20,
                check=False,
            )
        finally:
            os.close(reader)
            os.close(writer)
        now = time.monotonic()
        if done.returncode != 70:
            raise RuntimeError(f"{place}: the command ended with {done.returncode}")
        return now - float(since.read_text().split()[0])


def main() -> None:
    print("| what hangs | s, from the hang to the end of the command |\n|---|---|")
    for place in sys.argv[1:] or PLACES:
        taken = sorted(seconds(place) for _ in range(ROUNDS))
        print(f"| {PLACES[place]} | {' · '.join(f'{each:.1f}' for each in taken)} |", flush=True)


if __name__ == "__main__":
    main()
