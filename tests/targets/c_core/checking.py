"""Runs checks of the C core that must be made inside a process, one a process."""

import sys
import time
from pathlib import Path

from locktrace.agent.core import choose

CORE = choose({"LOCKTRACE_CORE": "c"})
LEDGER = CORE.ledger
CHECKS = {}
HERE = Path(__file__).parent


def check(function):
    """That function is a check, by its name."""
    CHECKS[function.__name__] = function
    return function


def run():
    """Make the check that the command line names; without a name, tell the names."""
    if len(sys.argv) == 1:
        print(*CHECKS, sep="\n")
        return
    CHECKS[sys.argv[1]]()
    print("ok", flush=True)


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def hold_of(id):
    return [row for row in LEDGER.holds() if row[1] == id]


def made_here():
    """Listed locks that code of this file has made."""
    return [row for row in LEDGER.locks() if row.stack and is_ours(row.stack)]


def is_ours(stack):
    return any(Path(code.co_filename).parent == HERE for code, _ in stack.frames)
