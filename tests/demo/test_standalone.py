"""The demo without locktrace, and with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import dnslib
import pytest

from tests.support import PATIENCE_S


@pytest.fixture
def bare(tmp_path, source_root):
    """Options to run Python in a place where of all installed packages there is dnslib only."""
    place = tmp_path / "bare"
    place.mkdir()
    (place / "dnslib").symlink_to(Path(dnslib.__file__).parent)
    (place / "locktrace_demo").symlink_to(source_root / "locktrace_demo")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {"cwd": place, "env": environment | {"PYTHONPATH": str(place)}}


def python(bare, *arguments):
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        **bare,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_it_runs_where_locktrace_cannot_be_imported(bare, demo, ask, until):
    assert "ModuleNotFoundError" in python(bare, "-c", "import locktrace").stderr
    options = ("--scenario", "healthy", "--load", "50", "--reload-every", "200ms")
    running = demo(*options, command=(sys.executable, "-S"), **bare)
    assert ask(running.port, "www.example.").answer
    assert ask(running.port, "www.example.", tcp=True).answer
    assert running.end() == 0


def test_without_the_module_redis_a_redis_store_is_one_sentence_and_exit_code_2(bare):
    done = python(bare, "-m", "locktrace_demo", "--store", "redis://127.0.0.1")
    assert done.returncode == 2
    assert done.stderr == (
        "locktrace_demo: a redis:// store needs the module redis: pip install redis\n"
    )


def test_a_folder_that_happens_to_be_called_locktrace_is_not_taken_for_it(bare):
    (bare["cwd"] / "locktrace").mkdir()
    done = python(bare, "-m", "locktrace_demo", "--help")
    assert (done.returncode, done.stderr) == (0, "")


def test_with_locktrace_the_labels_are_its_labels():
    import locktrace
    from locktrace_demo import instrumentation

    assert instrumentation.label is locktrace.label
    assert isinstance(instrumentation.label("query www.example. A"), AbstractContextManager)


def test_only_one_file_mentions_locktrace_as_a_module(source_root):
    importing = {
        path.name
        for path in (source_root / "locktrace_demo").rglob("*.py")
        for line in path.read_text().splitlines()
        if line.strip().startswith(("import locktrace ", "from locktrace ", "from locktrace."))
        or line.strip() == "import locktrace"
    }
    assert importing == {"instrumentation.py"}
