"""Choosing the way into a process and going it; an obstacle is told before anything is done."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from locktrace.errors import CannotEnterError, NotPermittedError
from locktrace.launch.inject import by_ptrace, by_remote_exec, permission
from locktrace.launch.inject.bundle import bundle, doorstep, visitor
from locktrace.launch.inject.interpreter import Interpreter, identify
from locktrace.launch.inject.method import Method

PASSING = ("locktrace", "py-spy", "python")  # tracers that are through in some milliseconds
PASSING_S = 15.0  # the longest that they take on a machine that is busy with other things


@dataclass(frozen=True, slots=True)
class Plan:
    """Which way would be gone into a process; `others` says of each other way why not."""

    pid: int
    interpreter: Interpreter
    method: Method
    others: tuple[tuple[Method, str], ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """An agent that has come up: where it listens, as the target sees it, and with which core.

    `note` says why it is not the C core, when it is not and something is known.
    """

    socket: str
    core: str
    note: str


def plan(pid: int, asked: Method = Method.AUTO) -> Plan:
    """How process `pid` would be entered.

    UnsupportedTargetError, NotPermittedError or CannotEnterError, each with its sentence, if it
    cannot be, in its present state or at all, or not in the way that is `asked` for.
    """
    _refuse_state(pid)
    interpreter = identify(pid)
    obstacles = {
        Method.PTRACE: by_ptrace.obstacle(),
        Method.REMOTE_EXEC: by_remote_exec.obstacle(interpreter),
    }
    wanted = list(obstacles) if asked is Method.AUTO else [asked]
    chosen = next((method for method in wanted if not obstacles[method]), None)
    if chosen is None:
        reasons = "; ".join(f"not by {method}: {obstacles[method]}" for method in wanted)
        raise CannotEnterError(f"process {pid} cannot be entered from here: {reasons}")
    others = tuple((m, why or "") for m, why in obstacles.items() if m is not chosen)
    return Plan(pid, interpreter, chosen, others)


def enter(planned: Plan) -> Entered:
    """Bring the agent up; if one is there already, it is used. Errors as for `plan`."""
    deadline = time.monotonic() + PASSING_S
    final = 0
    while True:
        try:
            answer = _go(planned)
        except NotPermittedError:
            final += not _is_passing(permission.tracer_of(planned.pid))
            if final > 1 or time.monotonic() > deadline:  # who has just left is met once, and gone
                raise
            time.sleep(0.02)
            continue
        if not answer.get("ok"):
            why = answer.get("why", "it does not say why")
            raise CannotEnterError(f"process {planned.pid} did not let the agent in: {why}")
        return Entered(*(answer.get(key, "") for key in ("socket", "core", "note")))


def _is_passing(tracer: int) -> bool:
    """Whether the target is traced (0: it is not) by what is on its way in, or only looks."""
    return bool(tracer) and permission.status(str(tracer)).get("Name", "").startswith(PASSING)


def _go(planned: Plan) -> dict[str, str]:
    carried = bundle(planned.interpreter.minor)
    if planned.method is Method.REMOTE_EXEC:
        return by_remote_exec.enter(planned.pid, visitor(), carried)
    return by_ptrace.enter(planned.pid, planned.interpreter, doorstep(), carried)


def _refuse_state(pid: int) -> None:
    if pid == os.getpid():
        raise CannotEnterError("a process cannot attach to itself; call `locktrace.install()`")
    status = permission.status(str(pid))
    if status.get("State", "").startswith("T"):
        raise CannotEnterError(
            f"process {pid} is stopped (SIGSTOP, or Ctrl-Z in its terminal), so nothing can come "
            f"up in it; let it go on with `kill -CONT {pid}`"
        )
    if _has_filters_of_its_own(status):
        raise CannotEnterError(
            f"process {pid} has a seccomp filter of its own, which may end it for a system call "
            "that the agent needs; it is left alone: start it with `locktrace run` instead"
        )


def _has_filters_of_its_own(status: dict[str, str]) -> bool:
    """Filters that we have as well (a container's) permit what we do; others may kill."""
    ours = permission.status("self")
    count = "Seccomp_filters"
    return status.get("Seccomp") == "1" or int(status.get(count, "0")) > int(ours.get(count, "0"))
