"""A file that the target can reach and we can write: for what must be a file, for a moment."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drop:
    """A folder of the target's own file system; `root` is where we see that, `/proc/PID/root`."""

    root: str
    folder: str
    uid: int
    gid: int

    @classmethod
    def places(cls, pid: int) -> Iterator[Drop]:
        """Where a file could be put down for process `pid`, best first; none that is `noexec`."""
        root = f"/proc/{pid}/root"
        environ = _environ(pid)
        named = (environ.get("XDG_RUNTIME_DIR", ""), environ.get("TMPDIR", ""))
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{pid}")
            for folder in dict.fromkeys([*named, "/tmp", "/dev/shm", "/var/tmp"]):
                if folder.startswith("/") and _fits(root + folder):
                    yield cls(root, folder, status.st_uid, status.st_gid)

    @contextlib.contextmanager
    def holding(self, name: str, content: bytes) -> Iterator[Dropped]:
        """A file with `content`, gone again at the end unless it is told to stay.

        It lies in a new folder of mode 0700 that belongs to the target's user. OSError if it
        cannot be written.
        """
        folder = os.path.join(self.folder, f"locktrace-{secrets.token_hex(8)}")
        os.mkdir(self.root + folder, 0o700)
        dropped = Dropped(self.root, folder, os.path.join(folder, name))
        try:
            dropped.write(content)
            if os.geteuid() != self.uid:
                os.chown(dropped.ours, self.uid, self.gid)
                os.chown(self.root + folder, self.uid, self.gid)
            yield dropped
        finally:
            if not dropped.stays:
                dropped.remove()


@dataclass(slots=True)
class Dropped:
    """A file put down in a folder of its own; `path` and `folder` are as the target knows them."""

    root: str
    folder: str
    path: str
    stays: bool = False

    @property
    def ours(self) -> str:
        """The path as we know it."""
        return self.root + self.path

    def write(self, content: bytes) -> None:
        fd = os.open(self.ours, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o700)
        with open(fd, "wb") as file:
            file.write(content)

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            for left in os.listdir(self.root + self.folder):
                os.unlink(os.path.join(self.root + self.folder, left))
            os.rmdir(self.root + self.folder)


def _fits(folder: str) -> bool:
    try:
        return os.access(folder, os.W_OK) and not os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False


def _environ(pid: int) -> dict[str, str]:
    """The environment that the process was started with, as far as it can be read."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        entries = os.fsdecode(file.read()).split("\0")
        return dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return {}
