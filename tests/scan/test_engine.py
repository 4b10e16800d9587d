"""Scans as a whole: many files, several processes, files that do not parse, odd sources."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from locktrace.errors import UsageError
from locktrace.scan import engine
from locktrace.scan.config import Config
from locktrace.scan.records import Report

LEAK = """\
import threading
lock = threading.Lock()
def f(x):
    lock.acquire()
    if x:
        return
    lock.release()
"""


def without_times(report: Report) -> Report:
    return replace(report, seconds=0.0)


def test_two_processes_find_what_one_finds(monkeypatch):
    monkeypatch.setattr(engine, "_SMALL", 0)
    paths = [Path(__file__).parents[2] / "demo_server", Path(threading.__file__)]
    assert without_times(engine.scan(paths, Config(), 2)) == without_times(
        engine.scan(paths, Config(), 1)
    )


def test_a_file_that_does_not_parse_is_told_and_the_rest_is_scanned(scanned):
    report = scanned(broken="import threading\ndef f(:\n    lock.acquire()\n", good=LEAK)
    assert [(Path(t.file).name, t.line) for t in report.troubles] == [("broken.py", 2)]
    assert [f.code for f in report.findings] == ["LT101"]


def test_a_file_that_cannot_be_read_is_told(project, tmp_path):
    folder = project(good=LEAK)
    (folder / "gone.py").symlink_to(tmp_path / "nowhere.py")
    report = engine.scan([folder], Config(), 1)
    assert [Path(t.file).name for t in report.troubles] == ["gone.py"]
    assert len(report.findings) == 1


def test_a_path_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match="there is no file or folder"):
        engine.scan([tmp_path / "nowhere"], Config(), 1)


@pytest.mark.parametrize(
    "data",
    [
        b"def f(lock):\n    lock.acquire()\n    return " + b" + ".join([b"g()"] * 3000) + b"\n",
        b"with lock:\n    x" + b".x" * 3000 + b"()\n",
        b"",
        b"\xef\xbb\xbf" + LEAK.encode(),
        b"# -*- coding: latin-1 -*-\n# \xe9\n" + LEAK.encode(),
        LEAK.replace("\n", "\r\n").encode(),
        b"lock = \x00\n",
        b"x = " + b"(" * 5000 + b")" * 5000 + b"  # lock.acquire()\n",
        b"lock.acquire(\xff)\n",
        b"with lock:\n" + b"  pass\n" * 3 + b"lock.release(*a, **k)\nlock[0].acquire(timeout=-1)\n",
    ],
    ids=["sum", "chain", "empty", "bom", "latin-1", "crlf", "null", "deep", "bytes", "odd"],
)
def test_odd_sources_end_no_scan(tmp_path, data):
    (tmp_path / "odd.py").write_bytes(data)
    (tmp_path / "good.py").write_text(LEAK)
    report = engine.scan([tmp_path], Config(), 1)
    assert "good.py" in {Path(f.file).name for f in report.findings}


def test_a_function_with_very_many_paths_ends(codes):
    branches = "".join(f"    if x[{n}]:\n        lock.acquire()\n" for n in range(60))
    text = "import threading\nlock = threading.Lock()\ndef f(x):\n" + branches
    assert all(code.startswith("LT") for code, _ in codes(text))


def test_a_name_that_comes_through_a_package_is_followed(tmp_path):
    package = tmp_path / "pkg"
    package.mkdir()
    (package / "__init__.py").write_text("from .guard import Guarded\n")
    (package / "guard.py").write_text(
        "import threading\nclass Guarded:\n    def __init__(self):\n"
        "        self.mine = threading.Lock()\n"
    )
    (tmp_path / "user.py").write_text(
        "import pkg\nclass User(pkg.Guarded):\n    def f(self, x):\n        self.mine.acquire()\n"
        "        if x:\n            return\n        self.mine.release()\n"
    )
    (finding,) = engine.scan([tmp_path], Config(), 1).findings
    assert (finding.code, finding.lock) == ("LT101", "Guarded.mine")


def test_progress_is_told_file_by_file(project):
    folder = project(one=LEAK, two=LEAK, three="x = 1\n")
    told: list[tuple[int, int]] = []
    engine.scan([folder], Config(), 1, lambda done, of: told.append((done, of)))
    assert told[-1] == (3, 3)
