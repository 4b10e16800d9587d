"""The folder of saved stall snapshots: private, bounded, each file whole or not there."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from locktrace.errors import CannotSaveError, LocktraceError
from locktrace.model import StallSnapshot
from locktrace.snapshots.document import to_document
from locktrace.snapshots.loading import from_json
from locktrace.snapshots.take import snapshot_id
from locktrace.wording import plain

KEEP = 50
_SUFFIX = ".json"
_TEMPORARY = ".saving-"
_ABANDONED_S = 3600.0
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """A saved snapshot; of a file that is not `readable`, the headline says why."""

    id: str
    path: Path
    pid: int
    taken_at: float
    headline: str
    readable: bool = True


class StallStore:
    """Stall snapshots in `folder`, by default ``$XDG_STATE_HOME/locktrace/stalls``.

    At most `keep` files; saving one more removes the oldest.
    """

    def __init__(self, folder: Path | None = None, keep: int = KEEP) -> None:
        self.folder = folder if folder is not None else default_folder()
        self._keep = max(1, keep)

    def save(self, stall: StallSnapshot) -> Path:
        """Write `stall` and return its file, whose stem is the id to load it by.

        The id is that of `stall`, with a number behind it if another has it already.
        CannotSaveError with a sentence if the folder cannot be written to.
        """
        try:
            self._prepare()
            path = self._reserve(stall.id or snapshot_id(stall.snapshot))
            try:
                self._write(path, replace(stall, id=path.stem))
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise CannotSaveError(
                f"The stall snapshot could not be saved in {self.folder}: {reason}."
            ) from None
        self._prune()
        return path

    def list(self) -> tuple[Entry, ...]:
        """What is saved, oldest first; nothing if there is no folder."""
        return tuple(self._entry(path) for path in self._files())

    def load(self, id: str) -> StallSnapshot:
        """The snapshot with this id; LocktraceError with a sentence if there is none to read."""
        path = self.path(id)
        try:
            stall = from_json(path.read_bytes())
        except FileNotFoundError:
            raise LocktraceError(
                f"there is no saved stall snapshot {plain(id)}; `locktrace stalls` lists them"
            ) from None
        except OSError as error:
            raise LocktraceError(f"{path} cannot be read: {error.strerror}.") from None
        except LocktraceError as error:
            raise LocktraceError(f"{path} cannot be read: {error}") from None
        return replace(stall, id=id)

    def path(self, id: str) -> Path:
        """The file of the snapshot with this id, whether it is there or not."""
        if not _ID.fullmatch(id):
            raise LocktraceError(f"{plain(id)!r} is not the id of a stall snapshot")
        return self.folder / f"{id}{_SUFFIX}"

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.folder.stat().st_mode & 0o077:
            self.folder.chmod(0o700)

    def _reserve(self, id: str) -> Path:
        """An empty file of a new name, so that two who save in one second do not collide."""
        for name in _names(id):
            path = self.path(name)
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                return path
        raise AssertionError("the names never end")

    def _write(self, path: Path, stall: StallSnapshot) -> None:
        """Put the document in the place of `path` at once, when all of it is on the disk."""
        text = json.dumps(to_document(stall), separators=(",", ":"))
        descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.folder)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def _files(self) -> tuple[Path, ...]:
        """Oldest first; a file that is reserved but not yet written is none."""
        found = [path for path in self.folder.glob(f"*{_SUFFIX}") if _size(path)]
        return tuple(sorted(found, key=lambda path: path.stem))

    def _entry(self, path: Path) -> Entry:
        try:
            stall = from_json(path.read_bytes())
        except (OSError, LocktraceError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Entry(path.stem, path, 0, 0.0, f"unreadable: {reason}", readable=False)
        snapshot, findings = stall.snapshot, stall.findings
        headline = findings[0].message if findings else "no findings"
        return Entry(path.stem, path, snapshot.process.pid, snapshot.taken_at, headline)

    def _prune(self) -> None:
        """Remove the oldest beyond the cap, and what a killed process has left half written."""
        for path in self._files()[: -self._keep]:
            with suppress(OSError):
                path.unlink()
        for path in self.folder.glob(f"{_TEMPORARY}*"):
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()


def default_folder() -> Path:
    """The XDG base directory specification's place for state; a relative setting is ignored."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    try:
        home = state if state.is_absolute() else Path.home() / ".local" / "state"
    except RuntimeError:
        raise CannotSaveError("Neither HOME nor XDG_STATE_HOME says where to keep state.") from None
    return home / "locktrace" / "stalls"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # another process has just removed it
        return 0


def _names(id: str) -> Iterator[str]:
    """`id`, then `id` with a number that sorts behind it."""
    yield id
    number = 2
    while True:
        yield f"{id}-{number:02}"
        number += 1
