"""The agent brings nothing but the standard library into its target, and little of that."""

from __future__ import annotations

import subprocess

from tests.support import ROOT

PROGRAM = """
import sys
before = set(sys.modules)
import locktrace
locktrace.install()
new = {name.partition(".")[0] for name in set(sys.modules) - before}
own = {"_xxsubinterpreters"}  # the interpreter's own, though it is not among the names
print(*sorted(new - own - set(sys.stdlib_module_names)))
print(*sorted(new & {"pathlib", "dataclasses", "inspect", "logging", "asyncio", "tempfile"}))
"""


def test_only_locktrace_and_the_standard_library_are_imported(python: str) -> None:
    done = subprocess.run(
        [python, "-S", "-c", PROGRAM],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    foreign, heavy = done.stdout.splitlines()
    assert foreign == "locktrace"
    assert heavy == ""
