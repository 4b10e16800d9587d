"""The command line starts quickly, because it imports only what a command needs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import locktrace
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


def test_the_app_does_not_import_the_agent() -> None:
    assert not {name for name in imported("import locktrace.cli.app") if "locktrace.agent" in name}


def test_a_program_that_imports_locktrace_gets_nothing_else_before_it_uses_it() -> None:
    assert not {name for name in imported("import locktrace") if name.startswith("locktrace.")}


def test_a_program_that_uses_locktrace_gets_the_agent_only() -> None:
    modules = imported("import locktrace\nlocktrace.label('a'); locktrace.install()")
    ours = {name for name in modules if name.startswith("locktrace.")}
    assert "locktrace.agent.switch" in ours
    assert all(name.startswith(("locktrace.agent", "locktrace.wire")) for name in ours)


def test_what_locktrace_does_not_have_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'locktrace' has no attribute 'trace'"):
        _ = locktrace.trace  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "command", ["", "demo", "run", "ps", "attach", "watch", "dump", "stalls", "scan", "explain"]
)
def test_help_of_every_command_has_an_example_or_a_list(within: Any, command: str) -> None:
    done = within(*command.split(), "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout or "Commands:" in done.stdout


def test_the_list_of_commands_is_not_cut_short(within: Any) -> None:
    commands = within("--help").stdout.split("Commands:")[1].split("Exit codes:")[0]
    assert "  explain  Explain a finding" in commands
    assert "..." not in commands


def test_a_word_that_is_no_choice_is_told_with_the_choices(within: Any) -> None:
    done = within("dump", "1", "--format", "jsn")
    assert done.returncode == 2
    assert "Invalid value for '--format': 'jsn' is not one of 'text', 'json'" in done.stderr


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("Leaked-lok", "no rule 'Leaked-lok' (did you mean leaked-lock?); `locktrace explain`"),
        ("zzz", "no rule 'zzz'; `locktrace explain`"),
    ],
)
def test_a_word_that_nothing_explains_is_told_with_what_was_meant(
    within: Any, word: str, told: str
) -> None:
    done = within("explain", word)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())


def test_it_is_the_command_that_is_installed_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "locktrace", "--help"],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Commands:" in done.stdout


def test_a_program_is_observed_without_the_scanner() -> None:
    modules = imported(
        "import locktrace.session, locktrace.family.household, locktrace.launch.rwlocks"
    )
    assert {name for name in modules if name.startswith("locktrace.scan")} == set()
