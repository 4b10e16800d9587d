"""Why the kernel does not let us into a process, and what helps."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

_CAP_SYS_PTRACE = 19
_YAMA = "/proc/sys/kernel/yama/ptrace_scope"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides over ptrace: ptrace(2), "Ptrace access mode checking"."""

    pid: int
    uid: int
    """The target's."""
    our_uid: int
    tracer: int
    """The pid of who traces it already, else 0."""
    tracer_name: str
    capable: bool
    """Whether we have CAP_SYS_PTRACE."""
    yama: int
    """The sysctl kernel.yama.ptrace_scope; 0 where there is no such thing."""


def why(pid: int) -> str:
    """The sentence for process `pid`, that the kernel has just refused."""
    return explain(_circumstances(pid))


def explain(here: Circumstances) -> str:
    """One sentence: the reason, and the exact remedy."""
    as_root = f"run `sudo locktrace attach {here.pid}`"
    if here.tracer:
        return (
            f"process {here.pid} is being traced by {here.tracer_name} (pid {here.tracer}) "
            "already, and a process can have one tracer only; end that one first"
        )
    if here.our_uid not in {0, here.uid}:
        return (
            f"process {here.pid} belongs to another user (uid {here.uid}); only that user or root "
            f"may enter it: {as_root}"
        )
    if here.yama == 3:
        return (
            "this kernel forbids ptrace altogether (kernel.yama.ptrace_scope is 3, and stays so "
            "until the next boot); start the program with `locktrace run` instead"
        )
    if here.our_uid == 0:
        return _root(here)
    if here.yama in {1, 2} and not here.capable:
        lower = (
            "" if here.yama == 2 else ", or allow it with `sudo sysctl kernel.yama.ptrace_scope=0`"
        )
        return (
            f"this kernel lets nobody but root trace process {here.pid} "
            f"(kernel.yama.ptrace_scope is {here.yama}); {as_root}{lower}"
        )
    return (
        f"the kernel does not let this user trace process {here.pid}, which may have changed its "
        f"user or lie in another container; {as_root}, in a container with `--cap-add SYS_PTRACE`"
    )


def _root(here: Circumstances) -> str:
    if here.capable:
        return (
            f"the kernel does not let this root trace process {here.pid}: a security module "
            "protects it, or it lies outside of this container or user namespace; go in from there"
        )
    return (
        f"this root may not trace process {here.pid}, as it lacks CAP_SYS_PTRACE; in a "
        "container start that with `--cap-add SYS_PTRACE`"
    )


def _circumstances(pid: int) -> Circumstances:
    theirs, ours = status(str(pid)), status("self")
    tracer = tracer_of(pid)
    capabilities = int(ours.get("CapEff", "0"), 16)
    return Circumstances(
        pid=pid,
        uid=int(theirs.get("Uid", "0 0").split()[1]),
        our_uid=os.geteuid(),
        tracer=tracer,
        tracer_name=status(str(tracer)).get("Name", "a program") if tracer else "",
        capable=bool(capabilities >> _CAP_SYS_PTRACE & 1),
        yama=_yama(),
    )


def tracer_of(pid: int) -> int:
    """The pid of who traces a thread of process `pid`, 0 if nobody does."""
    with contextlib.suppress(OSError):
        tasks = (f"{pid}/task/{tid}" for tid in os.listdir(f"/proc/{pid}/task"))
        found = (int(status(task).get("TracerPid", "0")) for task in tasks)
        return next((tracer for tracer in found if tracer), 0)
    return 0


def status(pid: str) -> dict[str, str]:
    """The lines of /proc/PID/status; empty when there is no such process."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)
    return {}


def _yama() -> int:
    with contextlib.suppress(OSError, ValueError), open(_YAMA, encoding="ascii") as scope:
        return int(scope.read())
    return 0
