"""What every thread does at this moment, from py-spy, the witness outside the process."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import psutil

from locktrace.launch.namespaces import inner_pid
from locktrace.model import Process, Site, Stack, ThreadStack
from locktrace.snapshots.bounded import Outcome, OutOfBoundsError, run_bounded
from locktrace.wording import plain

TIMEOUT_S = 5.0
MOST_BYTES = 64 * 2**20
_AGENT_FOLDER = "/locktrace/agent/"
_SAME_START_S = 1.5  # psutil and the kernel round a process's start differently


@dataclass(frozen=True, slots=True)
class Stacks:
    """Present stacks; `note` says in one sentence why there are none, and what helps."""

    threads: tuple[ThreadStack, ...] = ()
    note: str = ""


def py_spy_stacks(
    process: Process,
    *,
    executable: str | None = None,
    timeout: float = TIMEOUT_S,
    options: Sequence[str] = (),
) -> Stacks:
    """The stacks of `process` by ``py-spy dump``; whatever goes wrong becomes the note.

    `options` are py-spy's; with ``--native`` it tells the frames in C as well.

    py-spy stops the process while it looks (10 ms for a few threads, 80 ms for 300). Its
    ``--nonblocking`` would not, but a stack read while it changes can come out as one that
    never was, and a stall is no time for that. Where stopping fails, because the process is
    stopped already or a debugger has hold of it, it stands still anyway: then nonblocking.
    """
    pid = process.pid
    if not _is_there(process):
        return Stacks(note=f"Process {pid} has ended, so there are no present stacks.")
    program = executable or _find()
    if program is None:
        return Stacks(note="py-spy was not found: `pip install py-spy` brings it.")
    command = [program, "dump", "--json", "--pid", str(pid), *options]
    try:
        outcome = run_bounded(command, timeout=timeout, most_bytes=MOST_BYTES)
        if outcome.status != 0 and b"Failed to suspend process" in outcome.complaint:
            command.append("--nonblocking")
            outcome = run_bounded(command, timeout=timeout, most_bytes=MOST_BYTES)
    except OutOfBoundsError as error:
        return Stacks(note=f"py-spy {error} and was ended.")
    except OSError as error:
        return Stacks(note=f"py-spy could not be started ({error.strerror}).")
    if outcome.status != 0:
        return Stacks(note=_why(pid, outcome))
    return _in_its_namespace(pid, _parse(outcome.output))


def _in_its_namespace(pid: int, seen: Stacks) -> Stacks:
    """`seen` with the thread ids that the process knows itself: the agent tells of those."""
    if inner_pid(pid) == pid:
        return seen
    inside = {t.native_id: inner_pid(t.native_id) for t in seen.threads if t.native_id}
    threads = (replace(t, native_id=inside.get(t.native_id or 0)) for t in seen.threads)
    return replace(seen, threads=tuple(threads))


def is_stopped(process: Process) -> bool:
    """Whether the whole process stands still, by a signal or a debugger."""
    try:
        status = psutil.Process(process.pid).status()
    except psutil.Error:
        return False
    return status in {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}


def without_tracer(threads: Iterable[ThreadStack]) -> tuple[ThreadStack, ...]:
    """`threads` without the agent's frames, and without its own thread, which has no others."""
    kept = []
    for thread in threads:
        frames = tuple(frame for frame in thread.frames if _AGENT_FOLDER not in frame.file)
        if frames or not thread.frames:
            kept.append(replace(thread, frames=frames))
    return tuple(kept)


def _is_there(process: Process) -> bool:
    """Whether the pid still belongs to the process that it belonged to."""
    try:
        created = psutil.Process(process.pid).create_time()
    except psutil.Error:
        return False
    return not process.created or abs(created - process.created) < _SAME_START_S


def _find() -> str | None:
    """The py-spy that was installed with us, else the one on PATH."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.is_file() else shutil.which("py-spy")


def _why(pid: int, outcome: Outcome) -> str:
    complaint = outcome.complaint.decode(errors="replace")
    lowered = complaint.lower()
    if "permission denied" in lowered or "not permitted" in lowered:
        return (
            f"py-spy may not look into process {pid}: run locktrace as root, or allow ptrace "
            "(`sysctl kernel.yama.ptrace_scope=0`; in a container, `--cap-add SYS_PTRACE`)."
        )
    if "check that the process is running" in lowered:
        return f"Process {pid} has ended, so there are no present stacks."
    if "python version" in lowered:
        return f"py-spy does not recognise process {pid} as a Python it knows."
    first = next((line for line in complaint.splitlines() if line.strip()), "without a word")
    return f"py-spy failed ({plain(first.strip())[:200]})."


def _parse(output: bytes) -> Stacks:
    try:
        return Stacks(tuple(_thread(row) for row in json.loads(output)))
    except (ValueError, TypeError, KeyError, RecursionError):
        return Stacks(note="py-spy answered something else than its JSON; is it version 0.4?")


def _thread(row: dict[str, Any]) -> ThreadStack:
    native_id = row["os_thread_id"]
    return ThreadStack(
        native_id=None if native_id is None else int(native_id),
        name=str(row["thread_name"] or ""),
        frames=_frames(frame for frame in row["frames"] if not frame.get("module")),
        owns_gil=bool(row["owns_gil"]),
        active=bool(row["active"]),
        native=_frames(takewhile(lambda frame: frame.get("module"), row["frames"])),
    )


def _frames(rows: Iterable[dict[str, Any]]) -> Stack:
    return tuple(Site(str(row["filename"]), int(row["line"]), str(row["name"])) for row in rows)
