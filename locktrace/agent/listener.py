"""A Unix socket in the folder of sockets: observers find the agent by it, a run its children."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time

from locktrace.agent.owned import Owned
from locktrace.wire import endpoint

BACKLOG = 32
REST_NS = 1_000_000_000  # for so long nobody is let in when the process has no descriptor left

_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Listener:
    """A listening socket called `name`; OSError says why there can be none."""

    def __init__(self, name: str, backlog: int = BACKLOG) -> None:
        self._rest_until = 0
        reasons = []
        for folder in endpoint.folders(os.environ, os.geteuid()):
            self.path = os.path.join(folder, name)
            try:
                _prepare(folder, self.path)
                self.owned = Owned(_bind(self.path, backlog))
            except OSError as error:
                reasons.append(str(error))
            else:
                self._owner = os.getpid()
                self._file = _file_at(self.path)
                return
        raise OSError("no place for a socket: " + "; ".join(reasons))

    def accept(self) -> socket.socket | None:
        """The next connection, if one is there."""
        try:
            return self.owned.socket.accept()[0]
        except OSError as error:
            if error.errno in _EXHAUSTED:  # the observer stays in the backlog: to poll is to spin
                self._rest_until = time.monotonic_ns() + REST_NS
            return None

    @property
    def intact(self) -> bool:
        """Whether who looks for us finds us.

        Not so once the program has closed our descriptor, has changed its root or its user, or
        somebody has cleaned the temporary folder.
        """
        there = _file_at(self.path)
        return self.owned.intact and there is not None and there == self._file

    @property
    def resting(self) -> bool:
        """Whether to leave it out of `poll`."""
        return time.monotonic_ns() < self._rest_until

    def close(self, *, unlink: bool) -> None:
        """`unlink` removes the socket's file, unless it is another's: a forked child leaves its
        parent's alone, and that of who has the parent's pid by now."""
        self.owned.close()
        if unlink and os.getpid() == self._owner and _file_at(self.path) == self._file:
            with contextlib.suppress(OSError):
                os.unlink(self.path)


def _prepare(folder: str, path: str) -> None:
    """Make the folder if need be; OSError when it or the path cannot be used."""
    if len(os.fsencode(_draft(path))) > endpoint.SUN_PATH_MAX:
        raise OSError(f"{path} is too long for a Unix socket")
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, mode=0o700)
    reason = endpoint.distrust(folder, os.geteuid())
    if reason is not None:
        raise OSError(reason)


def _bind(path: str, backlog: int) -> socket.socket:
    """Listen first and get the name then: an observer that finds a socket on which nobody listens
    takes it for one that was left behind, and removes it.

    What bears either name already was left by a process that is gone, for the pid is ours now.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    draft = _draft(path)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft)
    # The folder is closed to others, so nobody can connect before the mode is set.
    try:
        listening.bind(draft)
        os.chmod(draft, 0o600)
        listening.listen(backlog)
        os.rename(draft, path)
    except OSError:
        listening.close()
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    return listening


def _draft(path: str) -> str:
    """What a socket is called that nobody shall find yet."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}")


def _file_at(path: str) -> tuple[int, int] | None:
    """Which file it is, by device and inode; None: there is none that we can see."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
