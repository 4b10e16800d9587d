"""The second way in, `sys.remote_exec`, where locktrace runs on the same CPython, 3.14 or newer."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support import TARGETS, environment, eventually, interpreters, running

NEW = {v: python for v, python in interpreters().items() if int(v.split(".")[1]) >= 14}
SITE = str(Path(psutil.__file__).parent.parent)  # psutil's extension is one for all versions

pytestmark = pytest.mark.skipif(not NEW, reason="there is no CPython 3.14 or newer here")


@pytest.fixture(params=sorted(NEW))
def new_python(request: pytest.FixtureRequest) -> str:
    return NEW[request.param]


def visit(python: str, pid: int, patience: float) -> str:
    """What the visitor says; it needs psutil, and no other package."""
    environ = environment(trace=False)
    environ["PYTHONPATH"] += os.pathsep + SITE
    done = subprocess.run(
        [python, str(TARGETS / "remote_exec.py"), str(pid), str(patience)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_a_program_whose_main_thread_runs_is_entered_and_left(
    new_python: str, tmp_path: Path
) -> None:
    with running(
        "blocking", "spinning", python=new_python, trace=False, TMPDIR=str(tmp_path)
    ) as target:
        target.expect("ready")
        for _ in range(2):
            said = visit(new_python, target.pid, 60).splitlines()
            assert "would be entered by remote-exec" in said[0]
            assert said[1:] == ["c"]
        target.tell("go on")
        assert target.finish() == (0, "0\n", "")
    assert left_in(tmp_path / "run") == ["locktrace"]


def test_one_whose_main_thread_is_blocked_is_told_and_what_is_left_removes_itself(
    new_python: str, tmp_path: Path
) -> None:
    with running(
        "blocking", "lock", python=new_python, trace=False, TMPDIR=str(tmp_path)
    ) as target:
        target.expect("ready")
        said = visit(new_python, target.pid, 0.3)
        assert "did not run the script within 0 s: it is blocked, or in a C call" in said
        assert any(name.startswith("locktrace-") for name in left_in(tmp_path / "run"))
        target.tell("go on")
        assert target.finish() == (0, "True\n", "")
    eventually(lambda: left_in(tmp_path / "run") == [], "the end of the folder")


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
