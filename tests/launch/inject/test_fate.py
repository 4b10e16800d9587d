"""A target that ends, or becomes another program, while it is observed or entered."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from locktrace.errors import CannotEnterError, TargetEndedError, TargetLostError
from locktrace.launch.fate import fate, incarnation
from locktrace.launch.inject import by_ptrace
from locktrace.launch.reach import reach
from locktrace.observe.agent_source import AgentSource
from tests.support import Target, attached, eventually, running


def last_word(source: AgentSource) -> TargetLostError:
    """What an observer is told in the end, which is the end of it too."""

    def end() -> TargetLostError | None:
        try:
            source.receive(0.1)
        except TargetLostError as error:
            return error
        return None

    try:
        return eventually(end, "the end")
    finally:
        source.close()


def entered(target: Target) -> AgentSource:
    return AgentSource(reach(target.pid).connection, target.pid)


def test_one_that_becomes_another_program_is_told_from_one_that_ends() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        source = entered(target)
        target.tell("become")
        assert "has become another program (exec): /" in str(last_word(source))


def test_one_that_exits_says_goodbye() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        source = entered(target)
        target.tell("stop")
        word = last_word(source)
        assert isinstance(word, TargetEndedError)
        assert str(word) == f"process {target.pid} has exited"


def test_another_observer_is_told_of_a_detach() -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        source = entered(target)
        with attached(target.pid):
            pass
        assert "is no longer traced: it was detached" in str(last_word(source))


@pytest.mark.parametrize(
    ("act", "sentence"),
    [("stop", "has ended meanwhile"), ("become", r"has become another program \(exec\): /")],
)
def test_so_it_is_while_the_agent_is_on_its_way(
    act: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("plain", trace=False) as target:
        target.expect("ready")
        go_in = by_ptrace._Entrance.go_in

        def then_act(entrance: by_ptrace._Entrance, layout: object) -> int:
            image = Path(f"/proc/{target.pid}/exe").readlink()
            base = go_in(entrance, layout)  # type: ignore[arg-type]
            target.tell(act)
            eventually(lambda: has_changed(target.pid, image), act)
            return base

        monkeypatch.setattr(by_ptrace._Entrance, "go_in", then_act)
        with pytest.raises(CannotEnterError, match=sentence):
            reach(target.pid)


def test_one_that_is_about_to_become_another_program_has_not_ended() -> None:
    again = 'exec /bin/sh -c "$0" "$0"'
    with subprocess.Popen(["/bin/sh", "-c", again, again]) as process:
        before = incarnation(process.pid)
        said = {fate(before).partition(" (exec)")[0] for _ in range(2000)}
        process.kill()
    assert said <= {"", "has become another program"}
    assert fate(before) == "has ended"


def has_changed(pid: int, image: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/exe").readlink() != image
    except OSError:
        return True
