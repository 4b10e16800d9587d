"""Which core records: the one asked for, or the best there is; never silently another."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.conftest import NEEDS_C_CORE
from tests.support import PATIENCE_S, ROOT, TARGETS, environment, observed, running

SAY = "from locktrace.agent.switch import AGENT as a; a.install(); print(a.core.ledger.name)"


def say(root: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SAY],
        env={**environment(trace=False, **environ), "PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def without_c(tmp_path: Path) -> Path:
    """A copy of the package in which nothing has been compiled."""
    ignored = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(ROOT / "locktrace", tmp_path / "locktrace", ignore=ignored)
    return tmp_path


@NEEDS_C_CORE
def test_each_core_can_be_asked_for_and_the_c_core_is_the_choice_without() -> None:
    assert say(LOCKTRACE_CORE="py").stdout == "python\n"
    assert say(LOCKTRACE_CORE="c").stdout == "c\n"
    assert say(LOCKTRACE_CORE="").stdout == "c\n"


def test_without_the_extension_the_python_core_serves(without_c: Path) -> None:
    assert say(without_c, LOCKTRACE_CORE="").stdout == "python\n"


def test_a_core_that_is_asked_for_and_missing_fails_at_once_with_the_reason(
    without_c: Path,
) -> None:
    done = say(without_c, LOCKTRACE_CORE="c")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "LOCKTRACE_CORE=c, but the C core cannot serve here: it is not built; install" in last


def test_a_run_says_why_it_is_not_the_c_core_where_nobody_asked_for_the_other(
    without_c: Path,
) -> None:
    def told(asked: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "locktrace", "run", str(TARGETS / "program.py")],
            env={**environment(trace=False, LOCKTRACE_CORE=asked), "PYTHONPATH": str(without_c)},
            cwd=without_c,
            capture_output=True,
            text=True,
            check=False,
        )
        return " ".join(done.stderr.split())

    assert "traced by the Python core" in told("")
    assert "cannot serve: it is not built; install locktrace where there is a C" in told("")
    assert "Python core" not in told("py")


def test_a_core_of_another_name_is_refused() -> None:
    assert "LOCKTRACE_CORE is 'rust'; it may be 'c' or 'py'" in say(LOCKTRACE_CORE="rust").stderr


SITE = ROOT / "locktrace" / "launch" / "site" / "sitecustomize.py"
FREE_THREADED = [
    name for name in ("python3.13t", "python3.14t", "python3.15t") if shutil.which(name)
]
INSTALL = "import locktrace; locktrace.install()"


def refusal(python: str, program: str, asked: str) -> tuple[int, str]:
    """The exit code and last line of a program that installs the tracer."""
    done = subprocess.run(
        [python, "-c", program],
        env=environment(trace=False, LOCKTRACE_CORE=asked),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()[-1]


NO_GIL = (
    "locktrace.agent.core.CoreUnavailableError: free-threaded builds of CPython are not supported "
    "yet: both cores rest on the GIL"
)


@pytest.mark.parametrize("asked", ["", "c", "py"])
def test_a_build_that_says_it_is_free_threaded_is_refused_by_both_cores(asked: str) -> None:
    program = f"import sys; sys.abiflags = 't'; {INSTALL}"
    assert refusal(sys.executable, program, asked) == (1, NO_GIL)


@pytest.mark.skipif(not FREE_THREADED, reason="no free-threaded CPython (python3.14t) on PATH")
@pytest.mark.parametrize("asked", ["", "c", "py"])
def test_a_free_threaded_build_is_refused_by_both_cores(asked: str) -> None:
    for python in FREE_THREADED:
        assert refusal(python, INSTALL, asked) == (1, NO_GIL)


STARTED = f"import runpy, sys; sys.abiflags = 't'; runpy.run_path({str(SITE)!r}); print('ran')"


def test_a_free_threaded_program_below_a_run_goes_on_and_the_run_is_told_why(
    tmp_path: Path,
) -> None:
    place = str(tmp_path / "awaiting")
    with socket.socket(socket.AF_UNIX) as run:
        run.settimeout(PATIENCE_S)
        run.bind(place)
        run.listen()
        program = [sys.executable, "-c", STARTED]
        environ = environment(trace=False, LOCKTRACE="1", LOCKTRACE_RUN=place, LOCKTRACE_CORE="")
        assert subprocess.check_output(program, env=environ) == b"ran\n"
        with run.accept()[0] as told:
            reason = told.recv(1024)
    assert b"it is a free-threaded build, and both cores rest on the GIL" in reason


def test_a_program_that_is_started_traced_ends_with_a_sentence_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, str(TARGETS / "program.py")],
        env=environment(LOCKTRACE_CORE="rust"),
        capture_output=True,
        text=True,
        check=False,
    )
    sentence = "locktrace: LOCKTRACE_CORE is 'rust'; it may be 'c' or 'py'\n"
    assert (done.returncode, done.stderr) == (2, sentence)


def test_observers_are_told_which_core_it_is(core: str) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target) as session:
            process = session.poll(0).snapshot.process
            assert process.core == {"py": "python", "c": "c"}[core]
