"""Files: which to scan, and how they are read."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from locktrace.errors import UsageError
from locktrace.scan.records import Trouble
from locktrace.scan.syntax import syntax_error
from locktrace.scan.vocabulary import HINTS, LINE_WORDS, LOCK_USE, WORDS

_SKIPPED_FOLDERS = frozenset(
    {"site-packages", "__pycache__", "node_modules", ".git", ".hg", ".tox", ".nox", ".venv", "venv"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that mentions locks, parsed.

    ``mentions`` are the lines that do, ``uses`` those of them that look like more than prose.
    """

    path: str
    module: str
    text: str
    lines: list[str]
    tree: ast.Module
    mentions: list[int]
    uses: list[int]


def python_files(paths: Iterable[Path], excluded: Iterable[str] = ()) -> Iterator[Path]:
    """The files under `paths`, sorted, each once; UsageError for a path that is not there."""
    patterns = tuple(excluded)
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder '{path}'")
        for found in sorted(_walk(path)) if path.is_dir() else (path,):
            if found not in seen and not any(found.match(pattern) for pattern in patterns):
                seen.add(found)
                yield found


def _walk(root: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS]
        for name in files:
            if name.endswith(".py"):
                yield Path(parent, name)


def module_name(path: Path) -> str:
    """The dotted name by which `path` would be imported, from the folders with an
    ``__init__.py``.
    """
    parts = [] if path.stem == "__init__" else [path.stem]
    folder = path.absolute().parent
    while (folder / "__init__.py").exists() and folder.name:
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts)) or path.stem


def read(path: Path, every: bool = False) -> tuple[Source | Trouble | None, int]:
    """The parsed file, why it does not parse, or None if it mentions no lock; and how many lines.

    Packages' own files are parsed if they import anything, as names come through them; with
    `every`, so are all others.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        return Trouble(str(path), 0, f"cannot be read: {error.strerror}"), 0
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    wanted = every or (path.name == "__init__.py" and b"import" in data)
    if not wanted and not any(word in data for word in WORDS):
        return _trouble(path, data), lines
    text = _decode(data)
    split = text.split("\n")
    mentions = [n for n in lines_with(HINTS, text) if LINE_WORDS.search(split[n - 1])]
    uses = [number for number in mentions if LOCK_USE.search(split[number - 1])]
    if not wanted and not uses:
        return _trouble(path, data), lines
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 0
        return Trouble(
            str(path), line, f"does not parse: {getattr(error, 'msg', None) or error}"
        ), lines
    return Source(str(path), module_name(path), text, split, tree, mentions, uses), lines


def _trouble(path: Path, data: bytes) -> Trouble | None:
    found = syntax_error(data)
    return Trouble(str(path), found[0], f"does not parse: {found[1]}") if found else None


def lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    """The lines of `text` in which `pattern` is found, in order."""
    line, at = 1, 0
    found: list[int] = []
    for match in pattern.finditer(text):
        start = match.start()
        more = text.count("\n", at, start)
        if more or not found:
            line += more
            found.append(line)
        at = start
    return found


def _decode(data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        encoding = "utf-8"
    return data.decode(encoding, "replace")
