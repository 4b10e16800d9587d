"""The C core's clock, by a counter and a system clock that the test sets."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.support import PATIENCE_S, ROOT, TARGETS

INCLUDE = sysconfig.get_path("include")
pytestmark = [
    pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc"),
    pytest.mark.skipif(not Path(INCLUDE, "Python.h").exists(), reason="there is no Python.h"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86_64 has that counter"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("clock") / "clock_checks"
    places = ["-I", INCLUDE, "-I", str(ROOT / "locktrace/agent/csrc")]
    source = str(TARGETS / "clock_checks.c")
    subprocess.run(["gcc", "-O1", "-std=gnu11", *places, source, "-o", str(built)], check=True)
    return built


@pytest.mark.parametrize(
    "check",
    [
        "the_counter_runs_on_while_the_machine_is_suspended",
        "the_counter_begins_anew_after_a_suspension",
        "a_thread_is_stopped_between_the_two_readings",
    ],
)
def test_durations_are_right_after(program: Path, check: str) -> None:
    done = subprocess.run(
        [str(program), check], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert (done.stdout, done.returncode) == ("ok\n", 0)
