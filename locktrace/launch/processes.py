"""Finding processes: which are Python, which carry an agent, and where its socket is."""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from locktrace.errors import NoSuchProcessError, NotPermittedError, NotTracedError
from locktrace.wire import endpoint

CONNECT_S = 2.0


@dataclass(frozen=True, slots=True)
class PythonProcess:
    """A running Python; `socket` is where its agent listens, None if there is none.

    `version` is as far as its files' names tell it, `3.11`, or `?`.
    """

    pid: int
    created: float
    user: str
    command: tuple[str, ...]
    socket: str | None
    version: str = "?"


def find(pid: int) -> psutil.Process:
    """The process with this pid; NoSuchProcessError, also for one that has ended unreaped."""
    try:
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return process
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        pass
    except psutil.AccessDenied:
        raise NotPermittedError(f"process {pid} may not be looked at by this user") from None
    raise NoSuchProcessError(f"there is no process {pid}")


def connect(pid: int) -> socket.socket:
    """A connection to the agent in process `pid`.

    NoSuchProcessError, NotPermittedError (somebody else's process) or NotTracedError, each
    with a sentence that says what to do.
    """
    process = find(pid)
    owner = _owner(process)
    if os.geteuid() not in {0, owner}:
        raise NotPermittedError(
            f"process {pid} belongs to {process.username()}; only that user or root may observe it"
        )
    reasons = []
    for place in _sockets(process, owner):
        try:
            return _connect(place, owner, pid)
        except OSError as error:
            reasons.append(f"{place}: {error.strerror or error}")
    raise NotTracedError(_not_traced(process, reasons))


def _not_traced(process: psutil.Process, reasons: list[str]) -> str:
    pid = process.pid
    if not is_python(process):
        return f"process {pid} ({process.name()}) is not a Python process"
    unusable = f" (a socket is there but cannot be used: {'; '.join(reasons)})" if reasons else ""
    return (
        f"process {pid} does not run the locktrace agent{unusable}; "
        "start it with `locktrace run …`, or call `locktrace.install()` in it"
    )


def _owner(process: psutil.Process) -> int:
    try:
        return int(process.uids().effective)
    except psutil.AccessDenied:
        raise NotPermittedError(f"process {process.pid} may not be looked at") from None
    except psutil.NoSuchProcess:
        raise NoSuchProcessError(f"there is no process {process.pid} any more") from None


def _sockets(process: psutil.Process, owner: int) -> list[str]:
    """Socket files that process `process` may have made, those that exist."""
    environ: dict[str, str] = {}
    with contextlib.suppress(psutil.Error):
        environ = process.environ()
    folders = [*endpoint.folders(environ, owner), *endpoint.folders(os.environ, owner)]
    name = endpoint.socket_name(process.pid)
    places = [os.path.join(folder, name) for folder in dict.fromkeys(folders)]
    return [place for place in places if os.path.exists(place)]


def _connect(place: str, owner: int, pid: int) -> socket.socket:
    reason = endpoint.distrust(os.path.dirname(place), owner)
    if reason is not None:
        raise OSError(reason)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(CONNECT_S)
        connection.connect(place)
    except ConnectionRefusedError:
        connection.close()
        # Nobody listens: left behind by a process that had this pid before, or was killed.
        with contextlib.suppress(OSError):
            os.unlink(place)
        raise OSError("left behind by a process that is gone; removed") from None
    except OSError:
        connection.close()
        raise
    if peer_pid(connection) != pid:
        connection.close()
        raise OSError("another process answers there")
    return connection


def peer_pid(connection: socket.socket) -> int:
    """The process at the other end; 0 if it is in a namespace that we do not see into."""
    size = 12  # struct ucred: pid, uid, gid
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    return int.from_bytes(raw[:4], "little")


def descendants(pid: int) -> list[psutil.Process]:
    """The living descendants of process `pid`, in no order; none if it has ended."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except (psutil.Error, ValueError, OverflowError):
        return []


def is_python(process: psutil.Process) -> bool:
    """Whether this looks like a CPython process: its executable's name, or a libpython in it."""
    with contextlib.suppress(psutil.Error):
        if "python" in os.path.basename(process.exe()).lower():
            return True
    with contextlib.suppress(psutil.Error):
        return any("libpython" in os.path.basename(m.path) for m in process.memory_maps())
    return False


def _version(process: psutil.Process) -> str:
    """From the names of its executable and libraries: `python3.11`, `libpython3.11.so`."""
    names = []
    with contextlib.suppress(psutil.Error):
        names.append(process.exe())
    with contextlib.suppress(psutil.Error):
        names += [mapped.path for mapped in process.memory_maps()]
    found = (re.search(r"python-?(\d\.\d+)", name) for name in names)
    return next((match.group(1) for match in found if match), "?")


def python_processes() -> Iterator[PythonProcess]:
    """All Python processes that this user may see, oldest pid first."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, NotPermittedError, NoSuchProcessError):
            if process.pid != os.getpid() and is_python(process):
                owner = _owner(process)
                sockets = _sockets(process, owner)
                yield PythonProcess(
                    pid=process.pid,
                    created=process.create_time(),
                    user=process.username(),
                    command=tuple(process.cmdline()),
                    socket=sockets[0] if sockets else None,
                    version=_version(process),
                )
