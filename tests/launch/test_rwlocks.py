"""Read-write locks named in pyproject.toml reach the program; what makes no sense is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from locktrace.errors import UsageError
from locktrace.launch.rwlocks import configured
from tests.support import PATIENCE_S, environment

ROW = """
[[tool.locktrace.rwlocks]]
class = "mine:Locks.Mutex"
read_acquire = "r"
read_release = "ur"
write_acquire = "w"
write_release = "uw"
"""
MODULE = """
class Locks:
    class Mutex:
        def r(self): pass
        def ur(self): pass
        def w(self): pass
        def uw(self): pass
"""
PROGRAM = """
import mine
from locktrace.agent.switch import AGENT
mutex = mine.Locks.Mutex()
mutex.r()
ledger = AGENT.core.ledger
kinds = {row.id: row.kind for row in ledger.locks()}
print([(kinds[row[1]], row[2]) for row in ledger.holds() if kinds[row[1]] == "Mutex"], flush=True)
mutex.ur()
"""


def test_a_class_that_pyproject_names_is_traced_by_run(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(ROW)
    (tmp_path / "mine.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "locktrace", "run", "program.py"],
        env=environment(trace=False),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stdout == "[('Mutex', 1)]\n", done.stderr


def test_the_nearest_pyproject_is_read_from_a_folder_within(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(ROW)
    (tmp_path / "inside").mkdir()
    [row] = json.loads(configured(tmp_path / "inside"))
    assert row["class"] == "mine:Locks.Mutex"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("[tool.locktrace]\nrwlocks = 3", "is no list"),
        ("[tool.locktrace]\nrwlocks = [3]", "is no table of names"),
        ('[[tool.locktrace.rwlocks]]\nclass = "a:B"', "lacks 'read_acquire'"),
        (ROW.replace("mine:Locks", "mine.Locks"), "is not like"),
        (ROW + 'klass = ""', "has 'klass', which means nothing"),
        ("rwlocks = [", "cannot be read"),
    ],
)
def test_rows_that_make_no_sense_are_told_in_a_sentence(
    tmp_path: Path, rows: str, said: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(rows)
    with pytest.raises(UsageError, match=said):
        configured(tmp_path)
