"""A file that the target can reach and we can write: for what must be a file, for a moment."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
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
        """Where a file could be put down for process `pid`, best first.

        None that is `noexec`, or where somebody else could exchange what we put down.
        """
        root = f"/proc/{pid}/root"
        environ = _environ(pid)
        named = (environ.get("XDG_RUNTIME_DIR", ""), environ.get("TMPDIR", ""))
        with contextlib.suppress(OSError):
            status = os.stat(f"/proc/{pid}")
            for folder in dict.fromkeys([*named, "/tmp", "/dev/shm", "/var/tmp"]):
                if folder.startswith("/") and _fits(root + folder, status.st_uid):
                    yield cls(root, folder, status.st_uid, status.st_gid)

    @contextlib.contextmanager
    def holding(self, name: str, content: bytes) -> Iterator[Dropped]:
        """A file with `content`, gone again at the end unless it is told to stay.

        It lies in a new folder of mode 0700 that belongs to the target's user. OSError if it
        cannot be written, or where somebody else could put a folder of his own in its place.
        We may be root and the target hostile, so what it could have exchanged meanwhile is
        reached by descriptors, never by its path.
        """
        made = f"locktrace-{secrets.token_hex(8)}"
        with _opened(self.root + self.folder, os.O_PATH | os.O_DIRECTORY) as around:
            if not _is_closed(os.fstat(around), self.uid):
                raise PermissionError(f"{self.folder} is open to others")
            os.mkdir(made, 0o700, dir_fd=around)
            dropped = Dropped(os.path.join(self.folder, made), name)
            try:
                with _opened(made, os.O_DIRECTORY | os.O_NOFOLLOW, around) as inside:
                    _refuse_exchanged(inside)
                    with _opened(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, inside) as file:
                        dropped.inside, dropped.file = inside, file
                        try:
                            dropped.write(content)
                            self._hand_over(file, inside)
                            yield dropped
                        finally:
                            if not dropped.stays:
                                _empty(inside)
            finally:
                if not dropped.stays:
                    with contextlib.suppress(OSError):
                        os.rmdir(made, dir_fd=around)

    def _hand_over(self, *descriptors: int) -> None:
        if os.geteuid() != self.uid:
            for descriptor in descriptors:
                os.fchown(descriptor, self.uid, self.gid)


@dataclass(slots=True)
class Dropped:
    """A file put down in a folder of its own; `path` and `folder` are as the target knows them.

    `inside` and `file` are our descriptors of the two.
    """

    folder: str
    name: str
    inside: int = -1
    file: int = -1
    stays: bool = False

    @property
    def path(self) -> str:
        return os.path.join(self.folder, self.name)

    def write(self, content: bytes) -> None:
        """Put `content` in the place of what the file has."""
        os.ftruncate(self.file, 0)
        with open(self.file, "wb", closefd=False) as file:
            file.seek(0)
            file.write(content)

    def read(self, name: str, most: int) -> bytes | None:
        """At most so many bytes of a file that the target has put beside it; None: it has not."""
        try:
            with _opened(name, os.O_NOFOLLOW | os.O_NONBLOCK, self.inside) as number:
                plain = stat.S_ISREG(os.fstat(number).st_mode)
                return os.read(number, most) if plain else None
        except OSError:
            return None


@contextlib.contextmanager
def _opened(path: str, flags: int, around: int | None = None) -> Iterator[int]:
    number = os.open(path, flags | os.O_CLOEXEC, 0o700, dir_fd=around)
    try:
        yield number
    finally:
        os.close(number)


def _refuse_exchanged(folder: int) -> None:
    """OSError unless `folder` is as we have just made it."""
    if os.fstat(folder).st_uid != os.geteuid() or os.listdir(folder):
        raise PermissionError("somebody has exchanged the folder")


def _empty(folder: int) -> None:
    with contextlib.suppress(OSError):
        for left in os.listdir(folder):
            os.unlink(left, dir_fd=folder)


def _fits(folder: str, uid: int) -> bool:
    try:
        executable = not os.statvfs(folder).f_flag & os.ST_NOEXEC
        return os.access(folder, os.W_OK) and executable and _is_closed(os.stat(folder), uid)
    except OSError:
        return False


def _is_closed(folder: os.stat_result, uid: int) -> bool:
    """Whether only `uid`, root and we ourselves can rename what is ours or theirs in there."""
    own = folder.st_uid in {uid, os.geteuid()} and not folder.st_mode & 0o022
    return own or bool(folder.st_mode & stat.S_ISVTX)


def _environ(pid: int) -> dict[str, str]:
    """The environment that the process was started with, as far as it can be read."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        entries = os.fsdecode(file.read()).split("\0")
        return dict(entry.split("=", 1) for entry in entries if "=" in entry)
    return {}
