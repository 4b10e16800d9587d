"""A file that does not parse is told, also where it mentions no lock and no tree is made of it."""

from __future__ import annotations

import ast

import pytest

from locktrace.scan.syntax import syntax_error


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"x = 1\n",
        b'"""Doc."""\nfrom __future__ import annotations\n',
        b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\nname = '\xe9'\n",
        b"\xef\xbb\xbfx = 1\n",
        b"def f():\n    return '\\d'\n",
    ],
)
def test_what_parses_is_no_trouble(source: bytes) -> None:
    assert syntax_error(source) is None


@pytest.mark.parametrize(
    "source",
    [b"x = 1\ndef f(:\n    pass\n", b"if x:\npass\n", b"x = '\xe9'\n", b"a = (\n", b"x\x00"],
)
def test_what_does_not_parse_is_told_with_its_line(source: bytes) -> None:
    found = syntax_error(source)
    assert found is not None
    with pytest.raises((SyntaxError, ValueError)) as raised:
        ast.parse(source)
    line = getattr(raised.value, "lineno", None) or 0
    assert found[0] in {line, 0}
    assert found[1]
