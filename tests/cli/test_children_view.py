"""`watch --children`: a pre-forking server's workers as lines, each with its pid."""

from __future__ import annotations

import subprocess
import sys

from tests.support import environment, running


def test_lines_tell_of_all_workers_and_whose_a_finding_is() -> None:
    with running("prefork", "2") as target:
        pids = [target.read().split()[1] for _ in range(2)]
        with subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--children", "--plain"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as watching:
            assert watching.stdout is not None
            said = ""
            while not (f"leaked-lock: pid {pids[0]}: Worker.journal" in said and
                       all(f"process {pid} is followed too" in said for pid in pids)):  # fmt: skip
                line = watching.stdout.readline()
                assert line, said
                said += line
            watching.terminate()
