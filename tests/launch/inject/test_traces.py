"""What is left behind: nothing but the agent, and after detaching not even that."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locktrace.launch.reach import reach
from locktrace.observe.agent_source import AgentSource
from tests.support import Target, attached, environment, eventually, running


def ask(target: Target, question: str) -> Any:
    target.tell(question)
    return ast.literal_eval(target.read())


def mapped(target: Target) -> set[str]:
    """The files of ours that it has in its memory."""
    lines = Path(f"/proc/{target.pid}/maps").read_text().splitlines()
    files = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) > 5}
    return {file for file in files if "memfd" in file or "payload" in file or "_core" in file}


def test_path_finders_environment_and_folder_are_as_before(
    python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no other test puts anything meanwhile
    with running("plain", python=python, trace=False) as target:
        target.expect("ready")
        before = ask(target, "report")
        with attached(target.pid):
            during = ask(target, "report")
            for kept in ("path", "environ", "here", "signals"):
                assert during[kept] == before[kept]
            finders = [name for name in during["finders"] if "locktrace.agent." not in name]
            assert finders == before["finders"]
            threads = before["threads"] + 1  # once the one that came in has gone
            eventually(lambda: ask(target, "report")["threads"] == threads, "one thread more")
            assert mapped(target) == {"/memfd:locktrace (deleted)"}
        eventually(lambda: ask(target, "report") == before, "the state before")
        left = [path.name for path in (tmp_path / "run").rglob("*")]
        assert left == ["locktrace"]  # the folder of sockets


def test_a_program_without_threading_ends_without_a_word(python: str) -> None:
    with running("plain", python=python, trace=False) as target:
        target.expect("ready")
        source = AgentSource(reach(target.pid).connection, target.pid)
        target.close_input()
        assert target.finish()[0::2] == (0, "")
        source.close()


def test_its_main_thread_stays_its_main_thread(python: str) -> None:
    with running("plain", python=python, trace=False) as target:
        target.expect("ready")
        with attached(target.pid):
            assert ask(target, "lock_type") == ("_thread", True)


def test_a_program_that_has_imported_locktrace_is_traced_with_its_own_agent(python: str) -> None:
    with running("plain", python=python, trace=False) as target:
        target.expect("ready")
        target.tell("import_locktrace")
        folder = Path(target.read()).parent
        for _ in range(2):
            with attached(target.pid):
                target.tell("agent_comes_from")
                assert target.read() == str(folder / "agent" / "switch.py")
                assert ask(target, "lock_type") == ("_thread", True)


def test_isolated_and_without_site(python: str) -> None:
    script = Path(__file__).parents[2] / "targets" / "plain.py"
    process = subprocess.Popen(
        [python, "-I", "-S", str(script)],
        env=environment(trace=False),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with attached(process.pid) as source:
        assert source.process.core == "c"
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_rounds_leave_no_more_than_the_first() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        with attached(target.pid):
            pass
        before = mapped_bytes(target), ask(target, "visitor")
        for _ in range(5):
            with attached(target.pid):
                pass
        assert (mapped_bytes(target), ask(target, "visitor")) == before


def mapped_bytes(target: Target) -> int:
    """Of the files of ours; what the program itself has takes its turns."""
    total = 0
    for line in Path(f"/proc/{target.pid}/maps").read_text().splitlines():
        if "memfd" in line or "payload" in line:
            start, end = (int(address, 16) for address in line.split()[0].split("-"))
            total += end - start
    return total


def test_two_commands_at_once_bring_one_agent() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        before = ask(target, "report")["threads"]
        command = [sys.executable, "-m", "locktrace", "dump", str(target.pid), "--format", "json"]
        commands = [
            subprocess.Popen(
                command,
                env=environment(trace=False),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for running_command in commands:
            _, errors = running_command.communicate()
            assert (running_command.returncode, errors) == (0, "")
        threads = before + 1  # once those that came in have gone
        eventually(lambda: ask(target, "report")["threads"] == threads, "one thread more")


def test_a_forked_child_is_left_when_its_parent_is_detached_from() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        with attached(target.pid):
            target.pid, parent = ask(target, "fork"), target.pid
            target.source().close()
            child, target.pid = target.pid, parent
        target.pid = child
        target.source().close()


def test_a_child_forked_while_the_agent_comes_in_imports_for_itself(python: str) -> None:
    with running("forked_while_importing", python=python, trace=False) as target:
        target.expect("child 0")
        assert target.finish()[0] == 0
