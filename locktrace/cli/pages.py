"""A page of the documentation, Markdown of any width, as a terminal shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from locktrace.snapshots.layout import wrap

_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_STRONG = re.compile(r"(?<![\w*])\*{1,2}([^*\n]+)\*{1,2}(?![\w*])")
_EXAMPLE = "    "


def laid_out(page: str, width: int) -> str:
    """`page` in lines of at most `width`, but for code; without links, stars and fences."""
    lines: list[str] = []
    for number, part in enumerate(re.split(r"^```", page, flags=re.MULTILINE)):
        language, _, text = part.partition("\n")
        if number % 2:
            lines += _example(text, width, is_code=bool(language))
        else:
            lines += _prose(part, width)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _prose(text: str, width: int) -> Iterator[str]:
    """Paragraphs, and lists of which each item begins a line."""
    plain = _STRONG.sub(r"\1", _LINK.sub(r"\1", text))
    for paragraph in re.split(r"\n\s*\n", plain.strip("\n")):
        yield ""
        for item in re.split(r"\n(?=- )", paragraph):
            words = " ".join(item.split())
            yield from wrap(words, width, "  " if words.startswith("- ") else "", first="")


def _example(text: str, width: int, *, is_code: bool) -> Iterator[str]:
    """Code as it is; of a report the sentences are put into the width, as the report does."""
    yield ""
    sentence, margin = "", ""
    for line in [*text.splitlines(), ""]:
        indent = line[: len(line) - len(line.lstrip())]
        goes_on = bool(sentence) and bool(line) and indent == margin
        if sentence and not goes_on:
            yield from wrap(sentence, width, _EXAMPLE + margin)
            sentence = ""
        if is_code or len(indent) > len("   ") or not line or re.match(r"\d+\. [A-Z]+ ", line):
            yield f"{_EXAMPLE}{line}".rstrip()
        else:
            sentence, margin = f"{sentence} {line.strip()}".strip(), indent
