"""Writing what a person asked for to the file that they named."""

from __future__ import annotations

from pathlib import Path

from locktrace.errors import CannotSaveError


def write(path: Path, text: str) -> None:
    """Write `text`; CannotSaveError with a sentence when the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotSaveError(f"cannot write {path}: {error.strerror}") from None
