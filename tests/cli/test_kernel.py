"""The commands with the kernel as their source."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from locktrace.errors import LocktraceError
from locktrace.observe.kernel import preflight
from tests.support import ROOT, Target, environment, running


@pytest.fixture(autouse=True, scope="module")
def _kernel() -> None:
    try:
        preflight.check()
    except LocktraceError as error:
        pytest.skip(str(error))


def wait_for_the_gate(target: Target) -> None:
    target.read()
    for line in ("hold", "crowd 2"):
        target.tell(line)
        target.expect(line.partition(" ")[0])


@pytest.mark.parametrize("source", ["kernel", "both"])
def test_a_dump_keeps_to_the_schema(within: Any, source: str) -> None:
    with running("kernel_waits", trace=source == "both") as target:
        wait_for_the_gate(target)
        done = within("dump", str(target.pid), "--source", source, "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    schema = json.loads(Path(ROOT / "docs" / "schema" / "dump.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert len(document["waits"]) == len(document["kernel"]["waits"]) == 2
    assert bool(document["gaps"]) == (source == "kernel")
    assert len(document["kernel"]["confirmed"]) == (2 if source == "both" else 0)


def test_a_dump_as_text_says_what_the_kernel_cannot_know(locktrace: Any) -> None:
    with running("kernel_waits", trace=False) as target:
        wait_for_the_gate(target)
        done = locktrace("dump", str(target.pid), "--source", "kernel")
    text = " ".join(done.stdout.split())
    assert "it cannot know names of locks, who holds a lock" in text
    assert "GIL: " in text
    assert "2 waits" in text


def test_no_such_process_and_no_python(within: Any) -> None:
    assert within("watch", str(2**22 + 1), "--source", "kernel").returncode == 3
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        done = within("watch", str(sleeper.pid), "--source", "kernel")
        sleeper.kill()
    assert done.returncode == 5
    assert "is not a Python process" in done.stderr


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        ("target", 6, "has ended"),
        ("engine", 10, "bpftrace, by which the kernel is asked, has ended"),
    ],
)
def test_watching_ends_with_a_sentence_and_a_code(end: str, code: int, says: str) -> None:
    with running("kernel_waits", trace=False) as target:
        wait_for_the_gate(target)
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--source", "kernel"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        watching.stdout.readline()
        if end == "target":
            target.process.kill()
            target.process.wait()
        else:
            children = psutil.Process(watching.pid).children()
            next(child for child in children if child.name() == "bpftrace").kill()
        _, errors = watching.communicate()
    assert (watching.returncode, errors.count("\n")) == (code, 1), errors
    assert says in errors


@pytest.mark.parametrize("source", ["kernel", "both"])
def test_a_server_is_watched_with_its_workers_by_one_bpftrace(source: str) -> None:
    with running("forked_waits", trace=source == "both") as target:
        workers = [int(target.read()) for _ in range(2)]
        options = ["--source", source, "--children", "--plain"]
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), *options],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert watching.stdout is not None
        told = ""
        while not all(f"stall: pid {worker}" in told for worker in workers):
            line = watching.stdout.readline()
            assert line, told
            told += line
        engines = [c for c in psutil.Process(watching.pid).children() if c.name() == "bpftrace"]
        watching.send_signal(signal.SIGINT)
        watching.communicate()
    assert len(engines) == 1
    assert watching.returncode == 130
    assert ("the kernel cannot know" in told) == (source == "kernel")
