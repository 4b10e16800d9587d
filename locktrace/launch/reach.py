"""Reaching the agent of a process; where there is none, it is brought in first."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass

from locktrace.errors import NotTracedError
from locktrace.launch.inject.enter import Entered, enter, plan
from locktrace.launch.inject.method import Method
from locktrace.launch.processes import connect

COME_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Reached:
    """A connection to an agent; `entered` if it was brought in for it."""

    connection: socket.socket
    entered: Entered | None = None


def reach(pid: int, method: Method = Method.AUTO) -> Reached:
    """Connect to the agent in process `pid`, after bringing it in if need be.

    LocktraceError of many kinds, each with a sentence, when that cannot be.
    """
    with contextlib.suppress(NotTracedError):
        return Reached(connect(pid))
    entered = enter(plan(pid, method))
    deadline = time.monotonic() + COME_UP_S
    while True:
        try:
            return Reached(connect(pid, (entered.socket,)), entered)
        except NotTracedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def intention(pid: int, method: Method = Method.AUTO) -> str:
    """What `reach` would do, in a sentence or two; the same errors, but nothing is done."""
    with contextlib.suppress(NotTracedError):
        connect(pid).close()
        return f"process {pid} carries the agent already: it would be used"
    planned = plan(pid, method)
    sentence = (
        f"process {pid} runs CPython {planned.interpreter.version} and would be entered by "
        f"{planned.method}"
    )
    others = (f"; not by {m}: {why}" for m, why in planned.others if why)
    return sentence + "".join(others)
