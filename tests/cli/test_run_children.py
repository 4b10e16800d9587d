"""`locktrace run` with the processes that a program starts: heard to their end, in one report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from tests.support import ROOT, TARGETS

LEAKING = str(TARGETS / "leaking_child.py")
WAYS = ["subprocess", "grandchild", "os.fork", "fork", "spawn", "forkserver"]


@pytest.mark.parametrize(
    ("way", "core"), [*((way, "c") for way in WAYS), ("os.fork", "py"), ("spawn", "py")]
)
def test_a_leak_in_a_short_child_is_reported_with_its_process(
    locktrace: Any, tmp_path: Path, way: str, core: str
) -> None:
    report = tmp_path / "report.json"
    done = locktrace("run", "--report", str(report), LEAKING, way, LOCKTRACE_CORE=core)
    assert done.returncode == 70, done.stderr
    assert "leaking_child.guard was taken by MainThread in withdraw" in done.stderr
    assert "abruptly" not in done.stderr
    document = json.loads(report.read_text())
    assert document["findings"] == []
    [leaking] = [child for child in document["children"] if child["findings"]]
    [finding] = leaking["findings"]
    assert (finding["kind"], finding["sites"][0]["line"]) == ("leaked-lock", 13)
    process = leaking["process"]
    assert process["pid"] != document["process"]["pid"]
    assert f"Process {process['pid']} (" in done.stderr
    assert process["command"][1:] != [] or way == "forkserver"
    jsonschema.validate(document, json.loads((ROOT / "docs/schema/dump.schema.json").read_text()))


def test_each_of_many_short_children_is_heard_to_its_end(locktrace: Any) -> None:
    done = locktrace("run", str(TARGETS / "quick_children.py"), "60")
    assert done.returncode == 0
    assert "no findings in 61 processes" in done.stderr
    assert "last moments" not in done.stderr


def test_a_child_under_another_python_is_traced_too(locktrace: Any, python: str) -> None:
    done = locktrace("run", str(TARGETS / "other_python.py"), python)
    assert done.returncode == 70, done.stderr
    assert "lock was taken by MainThread in withdraw" in done.stderr


def _older_python() -> str | None:
    found = sorted(Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python"))
    found += sorted(Path.home().glob(".pyenv/versions/3.10.*/bin/python"))
    return str(found[0]) if found else None


def test_a_child_under_a_python_too_old_is_told_of(locktrace: Any) -> None:
    older = _older_python()
    if older is None:
        pytest.skip("no Python before 3.11 is installed under ~/.pyenv")
    done = locktrace("run", str(TARGETS / "other_python.py"), older)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stderr.split())
    assert "not traced: process" in told
    assert "it is Python 3." in told
    assert "CPython from 3.11 on is served" in told


def test_a_child_that_leaves_at_once_by_os_exit_is_told_of(locktrace: Any) -> None:
    done = locktrace("run", str(TARGETS / "forking.py"), stdin="\n")
    told = " ".join(done.stderr.split())
    assert done.returncode == 0, told
    assert "without a goodbye" in told or "last moments are not known" in told


def test_where_there_is_no_place_for_the_socket_children_are_traced_unheard(
    locktrace: Any, tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir(mode=0o700)
    done = locktrace("run", LEAKING, "subprocess", XDG_RUNTIME_DIR=str(long), TMPDIR=str(long))
    assert done.returncode == 0
    assert "children will not be heard" in done.stderr


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "where",
    [
        "hang",
        "at_exit",
        "at_shutdown",
        "catching_signals",
        "ignoring_signals",
        "in_a_child",
        "in_a_subprocess",
    ],
)
def test_a_hang_is_reported_and_ended_wherever_it_is(locktrace: Any, where: str) -> None:
    done = locktrace(
        "run", "--on-stall", "exit", "--stall-after", "1", str(TARGETS / "hanging.py"), where
    )
    assert done.returncode == 70, done.stderr
    assert "self-deadlock" in done.stderr
    assert "with lock, lock:" in done.stderr
    children = [int(word) for word in done.stdout.split() if word.isdigit()]
    assert not any(map(_runs, children))


def test_a_child_that_was_stopped_with_the_lock_that_is_wanted_is_ended_too(
    locktrace: Any,
) -> None:
    done = locktrace(
        "run", "--on-stall", "exit", "--stall-after", "1", str(TARGETS / "hanging.py"),
        "in_a_stopped_child",
    )  # fmt: skip
    assert done.returncode == 70, done.stderr
    # On a busy machine the child's silence is told before the parent's wait.
    assert "in_a_stopped_child.shared" in done.stderr or "unresponsive" in done.stderr
    assert not any(_runs(int(word)) for word in done.stdout.split())


def test_a_program_that_hangs_after_its_agents_goodbye_is_ended_too(locktrace: Any) -> None:
    done = locktrace(
        "run", "--on-stall", "exit", "--stall-after", "1", str(TARGETS / "hanging.py"),
        "after_the_goodbye",
    )  # fmt: skip
    assert done.returncode == 70, done.stderr
    assert "has said goodbye and does not end" in " ".join(done.stderr.split())
