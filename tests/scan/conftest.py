"""A project written on the spot, and what the scanner says of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from locktrace.scan.config import Config
from locktrace.scan.engine import scan
from locktrace.scan.records import Report

ScanText = Callable[..., Report]


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Writes modules, given as name=text, and returns their folder."""

    def write(text: str = "", **modules: str) -> Path:
        for name, body in {**({"main": text} if text else {}), **modules}.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(body), encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def scanned(project: Callable[..., Path]) -> ScanText:
    """Scans modules, given as text or as name=text."""

    def run(text: str = "", **modules: str) -> Report:
        return scan([project(text, **modules)], Config(), jobs=1)

    return run


@pytest.fixture
def codes(scanned: ScanText) -> Callable[..., list[tuple[str, int]]]:
    """The (code, line) of each finding, in the order of the lines."""

    def run(text: str = "", **modules: str) -> list[tuple[str, int]]:
        found = scanned(text, **modules).findings
        return sorted(((f.code, f.line) for f in found), key=lambda pair: (pair[1], pair[0]))

    return run
