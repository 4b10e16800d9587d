"""A real run, its report, and the scanner's word on what it never released."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from locktrace.scan.agreement import findings_in
from locktrace.scan.since import lines, unreleased_sites
from tests.support import PATIENCE_S

PROGRAM = """\
import threading
lock = threading.Lock()
def read(found):
    lock.acquire()
    if not found:
        return None
    lock.release()
read(False)
"""
ROOT = Path(__file__).parents[2]


def test_a_site_that_a_run_left_held_names_the_rule_that_sees_it(tmp_path):
    program, report = tmp_path / "leaky.py", tmp_path / "report.json"
    program.write_text(PROGRAM, encoding="utf-8")
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from locktrace.cli.app import main; main()",
            "run",
            "--report",
            report,
            program,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    sites = unreleased_sites(report)
    (told,) = lines(sites, findings_in(site.file for site in sites))
    assert told == f"{program}:4: leaky.lock acquired once in read, never released [LT101]"
