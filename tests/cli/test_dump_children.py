"""`dump --children`: a process and its descendants in one report, a deadlock between them too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import psutil
import pytest

from tests.support import ROOT, Target, eventually, running


@pytest.fixture
def hung() -> Iterator[Target]:
    """A parent that joins the child which waits for its lock; both are ended."""
    with running("corpus/deadlock/joined_under_lock", "unlucky") as target:
        process = psutil.Process(target.pid)
        children = eventually(lambda: process.children() or None, "the child")
        try:
            yield target
        finally:
            for child in children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()


def test_a_deadlock_of_parent_and_child_is_in_the_text_and_in_the_document(
    hung: Target, locktrace: Any
) -> None:
    done = locktrace("dump", str(hung.pid), "--children")
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"MainThread of process {hung.pid} holds Scheduler.results" in told
    assert "which has to end first, waits for Scheduler.results" in told
    done = locktrace("dump", str(hung.pid), "--children", "--format", "json")
    document = json.loads(done.stdout)
    assert [finding["kind"] for finding in document["findings"]] == ["deadlock"]
    assert len({thread["native_id"] for thread in document["threads"]}) >= 2
    jsonschema.validate(document, json.loads((ROOT / "docs/schema/dump.schema.json").read_text()))


def test_the_kernel_is_not_asked_about_children(hung: Target, locktrace: Any) -> None:
    done = locktrace("dump", str(hung.pid), "--children", "--source", "kernel")
    assert done.returncode == 2
    assert "not about its children" in " ".join(done.stderr.split())
