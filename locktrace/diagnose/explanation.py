"""What each kind of finding means: the pages of docs/findings.md, which ship with the package."""

from __future__ import annotations

import re
from pathlib import Path

from locktrace.diagnose.registry import KINDS

_PAGES = Path(__file__).with_name("pages")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


def page_of(kind: str) -> str | None:
    """The page of a kind: what it says, how it is detected, the remedy; None for no kind."""
    kind = kind.lower()
    if kind not in KINDS:
        return None
    return (_PAGES / f"{kind}.md").read_text(encoding="utf-8")


def summary_of(kind: str) -> str:
    """The first sentence of its page, without its links."""
    page = _LINK.sub(r"\1", page_of(kind) or "")
    return " ".join(page.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")
