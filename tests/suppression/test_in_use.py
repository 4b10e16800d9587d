"""Suppressions in the commands that tell findings: run, watch and dump."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import PATIENCE_S, environment

PROGRAM = """\
import threading

table = threading.Lock()
journal = threading.Lock()  # locktrace: ignore[lock-order-inversion]
spare = threading.Lock()


def one():
    with spare, journal:
        pass


def two():
    with journal, spare:
        pass


def grab():
    table.acquire()


for work in (one, two):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
grab()
"""
LEAK = '[[tool.locktrace.suppressions]]\nkind = "leaked-lock"\nfunction = "grab"\n'
WAITING = """\
import sys
import threading

table = threading.Lock()


def grab():
    table.acquire(){comment}


grab()
print("ready", flush=True)
sys.stdin.read()
"""


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "locktrace", *arguments],
        env=environment(trace=False),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_what_is_suppressed_is_counted_and_neither_told_nor_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "pyproject.toml").write_text(LEAK)
    done = command(tmp_path, "run", "--report", "report.json", "program.py")
    assert done.returncode == 0, done.stderr
    assert "locktrace: no findings in 3 locks\n" in done.stderr
    assert "locktrace: 2 findings suppressed\n" in done.stderr
    assert "suppresses nothing" not in done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["findings"], report["suppressed"]) == ([], 2)
    assert report["unused_suppressions"] == []


def test_what_suppressed_nothing_is_told_at_the_end(tmp_path: Path) -> None:
    text = PROGRAM.replace("pass", "pass  # locktrace: ignore[convoy]", 1)
    text = text.replace("spare = threading.Lock()", "spare = threading.Lock()  # locktrace: ignore")
    text = text.replace("grab()\n", "grab()  # locktrace: ignore[leeked-lock]\n", 2)
    text += "thread.join()  # locktrace: ignore[LT101]\n"
    (tmp_path / "program.py").write_text(text)
    (tmp_path / "pyproject.toml").write_text(LEAK + LEAK.replace("leaked-lock", "stall"))
    done = command(tmp_path, "run", "--report", "report.json", "program.py")
    unused = json.loads((tmp_path / "report.json").read_text())["unused_suppressions"]
    assert [sentence.partition(str(tmp_path))[2] for sentence in unused] == [
        "/pyproject.toml (kind stall, function grab) suppresses nothing",
        "/program.py:10: '# locktrace: ignore[convoy]' suppresses nothing",
        "/program.py:26: '# locktrace: ignore[leeked-lock]': 'leeked-lock' is no finding kind and "
        "no rule",
    ]
    assert "[convoy]' suppresses nothing" in " ".join(done.stderr.split())


@pytest.mark.parametrize("how", ["run", "dump"])
def test_a_bad_entry_ends_the_command_before_it_does_anything(tmp_path: Path, how: str) -> None:
    (tmp_path / "program.py").write_text("print('ran')")
    (tmp_path / "pyproject.toml").write_text(LEAK.replace("leaked-lock", "leek"))
    done = command(tmp_path, how, "program.py" if how == "run" else "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no finding kind 'leek'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("by", ["entry", "comment"])
def test_a_dump_of_a_running_process_leaves_out_what_is_suppressed(tmp_path: Path, by: str) -> None:
    comment = "  # locktrace: ignore[leaked-lock]" if by == "comment" else ""
    (tmp_path / "waiting.py").write_text(WAITING.format(comment=comment))
    (tmp_path / "pyproject.toml").write_text(LEAK if by == "entry" else "")
    target = subprocess.Popen(
        [sys.executable, str(tmp_path / "waiting.py")],
        env=environment(trace=True),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert target.stdout is not None
        target.stdout.readline()
        deadline = time.monotonic() + PATIENCE_S
        while " suppressed." not in (told := command(tmp_path, "dump", str(target.pid)).stdout):
            assert "leaked-lock" not in told
            assert time.monotonic() < deadline, told
    finally:
        target.kill()
        target.communicate()
    assert "No findings. 1 finding suppressed." in told
