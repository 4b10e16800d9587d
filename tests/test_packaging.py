"""What a user installs: with a compiler the C core, without one the Python core, and it says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support import ROOT

SOURCES = ["locktrace", "tui", "demo_server", "setup.py", "pyproject.toml", "MANIFEST.in",
           "README.md", "LICENSE"]  # fmt: skip
ASK = "import locktrace; locktrace.install(); from locktrace.agent.switch import AGENT; " \
      "print(AGENT.core.ledger.name)"  # fmt: skip


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """What an sdist made of these sources has in it."""
    sources = tmp_path / "sources"
    sources.mkdir()
    ignored = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, sources / name, ignore=ignored)
        else:
            shutil.copy(source, sources)
    setup(sources, "sdist", "-d", str(tmp_path))
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "sdist", filter="data")
    [folder] = (tmp_path / "sdist").iterdir()
    return folder


def setup(folder: Path, *arguments: str, **environ: str) -> str:
    """Run setup.py; what it says."""
    done = subprocess.run(
        [sys.executable, "setup.py", *arguments],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def core_of(folder: Path) -> str:
    """The core that serves where that build is installed."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LOCKTRACE")}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_without_a_compiler_the_python_core_serves_and_the_build_says_so(unpacked: Path) -> None:
    said = setup(unpacked, "build", "--build-lib", str(unpacked / "built"), CC="false")
    assert "could not be built; the Python core serves" in said
    assert core_of(unpacked / "built") == "python"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_with_a_compiler_the_c_core_serves(unpacked: Path) -> None:
    setup(unpacked, "build", "--build-lib", str(unpacked / "built"))
    assert core_of(unpacked / "built") == "c"


def test_what_is_built_has_every_file_of_the_packages_and_traces_what_it_runs(
    unpacked: Path,
) -> None:
    built = unpacked / "built"
    setup(unpacked, "build", "--build-lib", str(built), CC="false")
    wanted = {path.relative_to(ROOT) for path in (ROOT / "locktrace").rglob("*.*")}
    wanted = {it for it in wanted if not {"csrc", "__pycache__"} & {*it.parts}}
    missing = {str(it) for it in wanted if it.suffix != ".so" and not (built / it).exists()}
    assert missing == set()
    program = unpacked / "program.py"
    program.write_text("import locktrace.agent.switch as s; print(s.AGENT.installed)\n")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LOCKTRACE")}
    done = subprocess.run(
        [sys.executable, "-m", "locktrace", "run", str(program)],
        env={**environ, "PYTHONPATH": str(built)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_builds_the_core_anew_when_its_sources_have_changed(tmp_path: Path) -> None:
    installed = tmp_path / ".installed"
    installed.touch()

    def up_to_date(*changed: str) -> bool:
        what_if = [f"--what-if={path}" for path in changed]
        command = ["make", "--question", f"VENV={tmp_path}", *what_if, str(installed)]
        return subprocess.run(command, cwd=ROOT, check=False).returncode == 0

    assert up_to_date()
    assert not up_to_date("locktrace/agent/csrc/module.c")
    assert not up_to_date("locktrace/agent/csrc/compat.h")
    assert not up_to_date("locktrace/launch/inject/csrc/payload.c")
