"""The way in through `sys.remote_exec`, PEP 768: the main thread starts the script when it runs."""

from __future__ import annotations

import contextlib
import os
import sys
import time

from locktrace.errors import CannotEnterError, NotPermittedError
from locktrace.launch.inject import permission
from locktrace.launch.inject.drop import Drop, Dropped
from locktrace.launch.inject.interpreter import Interpreter
from locktrace.launch.inject.visit import ANSWER_BYTES, parse

OLDEST = (3, 14)
ANSWER_S = 5.0  # the main thread must come by: it does not while it is blocked
POLL_S = 0.002
ANSWER_NAME = "answer"
_TAIL = """
_thread.start_new_thread(main, (Files({bundle!r}, {answer!r}),))
"""
_NO_MORE = """
import os
for name in os.listdir({folder!r}):
    os.unlink(os.path.join({folder!r}, name))
os.rmdir({folder!r})
"""


def obstacle(interpreter: Interpreter) -> str:
    """Why this way cannot be gone from here into such an interpreter, or nothing."""
    if interpreter.minor < OLDEST:
        return f"CPython {interpreter.version} does not have it (3.14 and newer do)"
    ours = sys.version_info[:2]
    if ours != interpreter.minor:
        theirs = ".".join(map(str, interpreter.minor))
        return (
            f"locktrace itself would have to run on CPython {theirs}, like the process, "
            f"and runs on {ours[0]}.{ours[1]}"
        )
    return ""


def enter(pid: int, script: bytes, bundle: bytes) -> dict[str, str]:
    """Have process `pid` run `script`; what it answers.

    NotPermittedError or CannotEnterError, each with its sentence.
    """
    for drop in Drop.places(pid):
        with contextlib.suppress(OSError), drop.holding("visit.py", b"") as dropped:
            answer = os.path.join(dropped.folder, ANSWER_NAME)
            tail = _TAIL.format(bundle=bundle, answer=answer)
            dropped.write(script + tail.encode())
            return _run(pid, dropped)
    raise CannotEnterError(f"there is no folder that process {pid} and we can both use")


def _run(pid: int, dropped: Dropped) -> dict[str, str]:
    try:
        sys.remote_exec(pid, dropped.path)  # type: ignore[attr-defined,unused-ignore]
    except PermissionError:
        raise NotPermittedError(permission.why(pid)) from None
    except (OSError, RuntimeError) as error:
        raise CannotEnterError(f"process {pid} does not take the script: {error}") from None
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        if (answer := dropped.read(ANSWER_NAME, ANSWER_BYTES)) is not None:
            return parse(answer)
        time.sleep(POLL_S)
    # Were the script gone, the program would complain when its main thread comes by one day.
    dropped.stays = True
    dropped.write(_NO_MORE.format(folder=dropped.folder).encode())
    raise CannotEnterError(
        f"the main thread of process {pid} did not run the script within {ANSWER_S:.0f} s: it is "
        f"blocked, or in a C call; {dropped.folder} is left until it does, and then removed by it"
    )
