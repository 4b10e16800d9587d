"""Runs checks of the C core that must be made inside a process, one a process."""

import os
import sys
import time
import traceback
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
    """Make the check that the command line names, or each of several in a child of its own;
    without a name, tell the names."""
    names = sys.argv[1:]
    if not names:
        print(*CHECKS, sep="\n")
    elif len(names) == 1:
        CHECKS[names[0]]()
        print("ok", flush=True)
    else:
        for name in names:
            print(name, ended(name), flush=True)


def ended(name):
    """How a child that makes this check has ended: 0 if all is well."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            CHECKS[name]()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def until(condition):
    deadline = time.monotonic() + 100  # within the patience of who runs us
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
