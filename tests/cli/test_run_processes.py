"""`locktrace run` of programs whose processes share locks: what lies between them is told once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from tests.support import ROOT, TARGETS

CORPUS = TARGETS / "corpus"


def test_orders_of_processes_that_never_met_are_told_between_them(
    locktrace: Any, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    program = str(CORPUS / "deadlock" / "warehouse_processes.py")
    done = locktrace("run", "--report", str(report), "--fail-on", "lock-order-inversion", program,
                     "lucky")  # fmt: skip
    assert done.returncode == 70, done.stderr
    told = " ".join(done.stderr.split())
    assert "Between processes" in told
    assert "main.north and main.south are taken in both orders" in told
    document = json.loads(report.read_text())
    [finding] = document["family"]["findings"]
    assert finding["kind"] == "lock-order-inversion"
    pids = {child["process"]["pid"] for child in document["children"]}
    assert {int(thread["name"].split()[-1]) for thread in finding["threads"]} == pids
    jsonschema.validate(document, json.loads((ROOT / "docs/schema/dump.schema.json").read_text()))


def test_a_lock_that_a_killed_process_took_with_it_ends_the_run_with_its_name(
    locktrace: Any, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    program = str(CORPUS / "leaked-lock" / "killed_renderer.py")
    done = locktrace("run", "--on-stall", "exit", "--stall-after", "1", "--report", str(report),
                     program)  # fmt: skip
    assert done.returncode == 70, done.stderr
    document = json.loads(report.read_text())
    [killed] = [child["process"]["pid"] for child in document["children"]]
    messages = {f["kind"]: f["message"] for f in document["family"]["findings"]}
    assert f"taken by MainThread of process {killed} in render" in messages["leaked-lock"]
    assert f"last held by MainThread of process {killed}" in messages["stall"]
    assert document["findings"] == []
