"""`dump --children`: a process and its descendants in one report, a deadlock between them too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from locktrace.errors import LocktraceError
from locktrace.observe.kernel import preflight
from tests.support import ROOT, Target, eventually, observed, running, until

WAIT4, FUTEX = "61", "202"  # as x86-64 numbers them, where alone a process can be entered


@pytest.fixture
def hung() -> Iterator[Target]:
    """A parent that joins the child which waits for its lock; both are ended."""
    with running("corpus/deadlock/joined_under_lock", "unlucky") as target:
        process = psutil.Process(target.pid)
        children = eventually(lambda: process.children() or None, "the child")
        try:
            for target.pid in (children[0].pid, process.pid):
                with observed(target) as session:
                    until(session, lambda view: bool(view.snapshot.waits), "its wait")
            yield target
        finally:
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()


def test_a_deadlock_of_parent_and_child_is_in_the_text_and_in_the_document(
    hung: Target, within: Any
) -> None:
    done = within("dump", str(hung.pid), "--children")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"MainThread of process {hung.pid} holds Scheduler.results" in told
    assert "which has to end first, waits for Scheduler.results" in told
    done = within("dump", str(hung.pid), "--children", "--format", "json")
    document = json.loads(done.stdout)
    assert [finding["kind"] for finding in document["findings"]] == ["deadlock"]
    assert len({thread["native_id"] for thread in document["threads"]}) >= 2
    jsonschema.validate(document, json.loads((ROOT / "docs/schema/dump.schema.json").read_text()))


def test_the_kernel_is_asked_about_children_too(hung: Target, within: Any) -> None:
    try:
        preflight.check()
    except LocktraceError as error:
        pytest.skip(str(error))
    [child] = psutil.Process(hung.pid).children()
    done = within("dump", str(hung.pid), "--children", "--source", "kernel", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    names = {thread["id"]: thread["name"] for thread in document["threads"]}
    waiting = {names[wait["thread"]] for wait in document["waits"]}
    assert waiting == {f"MainThread of process {child.pid}"}
    jsonschema.validate(document, json.loads((ROOT / "docs/schema/dump.schema.json").read_text()))


def test_processes_that_hung_before_anybody_came_are_told_as_those_that_were_traced(
    within: Any, python: str
) -> None:
    with running(
        "corpus/deadlock/joined_under_lock", "unlucky", trace=False, python=python
    ) as target:
        process = psutil.Process(target.pid)
        [child] = eventually(lambda: process.children() or None, "the child")
        try:
            eventually(lambda: _is_in(process, WAIT4) and _is_in(child, FUTEX), "the hang")
            done = within("dump", str(target.pid), "--children", "--format", "json")
            assert done.returncode == 0, done.stderr
            document = json.loads(done.stdout)
            assert document["faults"] == 0
            [finding] = document["findings"]
            assert finding["kind"] == "deadlock"
            assert "holds Scheduler.results, taken in Scheduler.run" in finding["message"]
        finally:
            child.kill()


def _is_in(process: psutil.Process, call: str) -> bool:
    """Whether its main thread is in that call of the system."""
    return Path(f"/proc/{process.pid}/syscall").read_text().split()[0] == call
