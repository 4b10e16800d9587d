"""Socket files of processes that were killed: who ends by itself removes its own."""

from __future__ import annotations

import contextlib
import os
import re
import socket

import psutil

from locktrace.launch.processes import knock, trusted
from locktrace.wire import endpoint

KNOCK_S = 0.2
_NAME = re.compile(r"\.?(?:run-)?(\d{1,10})\.sock")


def clear() -> None:
    """Remove those of this user on which nobody listens.

    A pid that is not there is not enough: a container that shares the folder has pids of its own.
    """
    for path in endpoint.folders(os.environ, os.geteuid()):
        with contextlib.suppress(OSError), trusted(path, os.geteuid()) as folder:
            for name in os.listdir(f"/proc/self/fd/{folder}"):
                match = _NAME.fullmatch(name)
                if match and not psutil.pid_exists(int(match[1])):
                    _try(folder, name)


def _try(folder: int, name: str) -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(KNOCK_S)
        knock(connection, folder, name)
