from __future__ import annotations

import os

import pytest

from locktrace.model import Process, Site
from locktrace.snapshots.source import Source


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "module.py"
    file.write_text("one = 1\n    two = 2\n")
    return file


def source(started):
    return Source(Process(1, started, "", "", ()))


def line(file, number, started):
    return source(started).line(Site(str(file), number, "f"))


def test_the_line_is_shown_without_its_indent(file):
    assert line(file, 2, file.stat().st_mtime + 10) == "two = 2"


def test_a_file_changed_since_the_process_started_is_not_shown(file):
    assert line(file, 1, file.stat().st_mtime - 10) == ""


def test_where_the_start_is_not_known_the_file_is_trusted(file):
    assert line(file, 1, 0) == "one = 1"


@pytest.mark.parametrize("number", [-1, 0, 3, 10**30])
def test_a_line_that_is_not_there(file, number):
    assert line(file, number, 0) == ""


@pytest.mark.parametrize("name", ["/no/such/file.py", "module.py", "<string>", "", "a\0b", "/"])
def test_what_is_no_file_to_read(name):
    assert line(name, 1, 0) == ""


def test_a_relative_path_may_be_another_file_here_than_there(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    assert line("module.py", 1, 0) == ""


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert line(tmp_path / "pipe", 1, 0) == ""


def test_what_is_no_text_is_not_shown(tmp_path):
    (tmp_path / "binary.py").write_bytes(bytes(range(256)))
    assert line(tmp_path / "binary.py", 1, 0) == ""
