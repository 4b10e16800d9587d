"""The command line starts quickly, because it imports only what a command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import environment

HEAVY = {"textual", "psutil", "dnslib", "asyncio", "locktrace_tui", "rich"}


def imported(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_app_imports_nothing_heavy() -> None:
    assert imported("import locktrace.cli.app") & HEAVY == set()


def test_a_program_that_imports_locktrace_gets_the_agent_only() -> None:
    modules = imported("import locktrace")
    ours = {name for name in modules if name.startswith("locktrace.")}
    assert all(name.startswith(("locktrace.agent", "locktrace.wire")) for name in ours)


@pytest.mark.parametrize(
    "command", ["", "demo", "run", "ps", "attach", "watch", "dump", "stalls", "scan", "explain"]
)
def test_help_of_every_command_has_an_example_or_a_list(command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "locktrace", *command.split(), "--help"],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Example" in done.stdout or "Commands:" in done.stdout
