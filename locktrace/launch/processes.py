"""Finding processes: which are Python, which carry an agent, and where its socket is."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

from locktrace.errors import NoSuchProcessError, NotPermittedError, NotTracedError
from locktrace.launch import namespaces
from locktrace.launch.inject.interpreter import is_python_file
from locktrace.launch.inject.memory import mappings
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
        raise NoSuchProcessError(
            f"there is no process {pid} any more: it has ended, and its parent has not collected it"
        )
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        pass
    except psutil.AccessDenied:
        raise NotPermittedError(f"process {pid} may not be looked at by this user") from None
    raise NoSuchProcessError(f"there is no process {pid}")


def connect(pid: int, known: Iterable[str] = ()) -> socket.socket:
    """A connection to the agent in process `pid`; `known` are paths where it may listen, as it
    sees them itself.

    NoSuchProcessError, NotPermittedError (somebody else's process) or NotTracedError, each
    with a sentence that says what to do.
    """
    process = find(pid)
    owner = _owner(process)
    if os.geteuid() not in {0, owner}:
        raise NotPermittedError(
            f"process {pid} belongs to {process.username()}; only that user or root may observe "
            f"it: run `sudo locktrace attach {pid}`"
        )
    reasons = []
    for place in _sockets(process, owner, known):
        try:
            return _connect(place, owner, pid)
        except OSError as error:
            reasons.append(f"{place}: {error.strerror or error}")
    raise NotTracedError(_not_traced(process, reasons))


def _not_traced(process: psutil.Process, reasons: list[str]) -> str:
    pid = process.pid
    unusable = f" (a socket is there but cannot be used: {'; '.join(reasons)})" if reasons else ""
    return (
        f"process {pid} does not run the locktrace agent{unusable}; `locktrace attach` brings it in"
    )


def _owner(process: psutil.Process) -> int:
    try:
        return int(process.uids().effective)
    except psutil.AccessDenied:
        raise NotPermittedError(f"process {process.pid} may not be looked at") from None
    except psutil.NoSuchProcess:
        raise NoSuchProcessError(f"there is no process {process.pid} any more") from None


def _sockets(process: psutil.Process, owner: int, known: Iterable[str] = ()) -> list[str]:
    """Socket files that process `process` may have made, those that exist."""
    environ: dict[str, str] = {}
    with contextlib.suppress(psutil.Error):
        environ = process.environ()
    folders = [*endpoint.folders(environ, owner), *endpoint.folders(os.environ, owner)]
    name = endpoint.socket_name(namespaces.inner_pid(process.pid))
    root = namespaces.root(process.pid)
    places = [*known, *(os.path.join(folder, name) for folder in folders)]
    return [root + place for place in dict.fromkeys(places) if os.path.exists(root + place)]


def _connect(place: str, owner: int, pid: int) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(CONNECT_S)
        with trusted(os.path.dirname(place), owner) as folder:
            knock(connection, folder, os.path.basename(place))
    except OSError:
        connection.close()
        raise
    if peer_pid(connection) != pid:
        connection.close()
        raise OSError("another process answers there")
    return connection


@contextlib.contextmanager
def trusted(folder: str, owner: int) -> Iterator[int]:
    """A descriptor of `folder`; OSError unless it is `owner`'s own and closed to others.

    We may be root and the owner hostile: what is checked is what is used, whatever is put in the
    place of that path meanwhile.
    """
    number = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        reason = endpoint.unsound(os.fstat(number), folder, owner)
        if reason is not None:
            raise OSError(reason)
        yield number
    finally:
        os.close(number)


def knock(connection: socket.socket, folder: int, name: str) -> None:
    """Connect to socket `name` in an open folder, by a path that is short enough for any.

    OSError; a socket on which nobody listens is removed first.
    """
    try:
        connection.connect(f"/proc/self/fd/{folder}/{name}")
    except ConnectionRefusedError:
        if not stat.S_ISSOCK(os.lstat(name, dir_fd=folder).st_mode):
            raise OSError("it is no socket") from None
        # Nobody listens: left behind by a process that had this pid before, or was killed.
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise OSError("left behind by a process that is gone; removed") from None


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
    """Whether this is a Python process: one of its files is an interpreter."""
    return bool(_python_files(process))


def _python_files(process: psutil.Process) -> list[str]:
    with contextlib.suppress(OSError):
        names = dict.fromkeys(mapping.name for mapping in mappings(process.pid))
        return [name for name in names if is_python_file(name)]
    with contextlib.suppress(psutil.Error):  # somebody else's
        return [name for name in [os.path.basename(process.exe())] if is_python_file(name)]
    return []


def _version(process: psutil.Process) -> str:
    """From the names of its executable and libraries: `python3.11`, `libpython3.11.so`."""
    found = (re.search(r"python-?(\d\.\d+)", name) for name in _python_files(process))
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
