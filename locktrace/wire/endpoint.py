"""Where a process's agent listens, and whether that place can be trusted.

Plain strings and `os.path`: the agent imports this, and pathlib would double its start-up.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

SUN_PATH_MAX = 107  # bytes of a Unix socket's path, without the final NUL


def folders(environ: Mapping[str, str], uid: int) -> list[str]:
    """Where `uid`'s sockets may be, best first: in $XDG_RUNTIME_DIR, in the temp folder."""
    places = [os.path.join(environ.get("TMPDIR") or "/tmp", f"locktrace-{uid}")]
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/"):
        places.insert(0, os.path.join(runtime, "locktrace"))
    return places


def socket_name(pid: int) -> str:
    """The file name of process `pid`'s socket in one of `folders`."""
    return f"{pid}.sock"


def run_socket_name(pid: int) -> str:
    """The file name of the socket on which `locktrace run` of process `pid` awaits its children."""
    return f"run-{pid}.sock"


def distrust(place: str, uid: int) -> str | None:
    """Why folder `place` must not be used by or for `uid`, or None when it is sound.

    Sound is: a real folder (no link) that belongs to `uid` and that nobody else may enter.
    """
    try:
        return unsound(os.lstat(place), place, uid)
    except OSError as error:
        return f"{place} cannot be read ({error.strerror})"


def unsound(status: os.stat_result, place: str, uid: int) -> str | None:
    """The same for a folder that is open already, and so is the one that will be used."""
    if not stat.S_ISDIR(status.st_mode):
        return f"{place} is not a folder"
    if status.st_uid != uid:
        return f"{place} belongs to user {status.st_uid}, not {uid}"
    if stat.S_IMODE(status.st_mode) & 0o077:
        return f"{place} is open to other users (mode {stat.S_IMODE(status.st_mode):04o})"
    return None
