"""`# locktrace: ignore[…]`: what the comments of a source file want left out.

The scanner and the runtime read the same comments, each for its own words: a code or a name of
a rule speaks to the scanner, the kind of a finding to both, and none at all means everything.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

_WANTED = re.compile(r"#\s*locktrace:\s*ignore(?:\[([^\]]*)\])?")


def ignored(text: str) -> dict[int, frozenset[str]]:
    """Line -> the words, in lower case, that a comment there names; empty: all of them."""
    found = {}
    for line, comment in _comments(text) if "locktrace:" in text else ():
        if match := _WANTED.search(comment):
            words = (match[1] or "").lower().split(",")
            found[line] = frozenset(word.strip() for word in words if word.strip())
    return found


def _comments(text: str) -> list[tuple[int, str]]:
    """Each comment with its line; each whole line where `text` is no Python that we can read."""
    try:
        return list(_tokenized(text))
    except (tokenize.TokenError, SyntaxError):
        return list(enumerate(text.split("\n"), 1))


def _tokenized(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
