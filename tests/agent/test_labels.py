"""A label says what a thread works on, nests, and costs nothing to a program without the agent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import locktrace
from locktrace.agent.labels import MAX_LABEL
from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.python_core import PythonRecorder
from locktrace.agent.switch import AGENT


@pytest.fixture
def labelled(recorder: PythonRecorder, monkeypatch: pytest.MonkeyPatch) -> Iterator[PythonRecorder]:
    monkeypatch.setattr(AGENT, "recorder", recorder)
    monkeypatch.setattr(AGENT, "publisher", object())
    return recorder


def test_labels_nest_and_end_with_their_block(labelled: PythonRecorder) -> None:
    seen = []
    with locktrace.label("outer"):
        with locktrace.label("inner"):
            seen.append(labelled.actor().label[1])
        seen.append(labelled.actor().label[1])
    assert [*seen, labelled.actor().label[1]] == ["inner", "outer", ""]


def test_a_hold_keeps_the_label_under_which_it_was_taken(labelled: PythonRecorder) -> None:
    lock = TracedLock()
    with locktrace.label("query beta.example. A"):
        lock.acquire()
    assert lock._entry.holds[0].label[1] == "query beta.example. A"


def test_a_label_ends_when_its_block_raises(labelled: PythonRecorder) -> None:
    with pytest.raises(KeyError), locktrace.label("failing"):
        raise KeyError
    assert labelled.actor().label[1] == ""


def test_a_long_label_is_cut_and_anything_can_be_one(labelled: PythonRecorder) -> None:
    with locktrace.label("x" * 10_000):
        assert len(labelled.actor().label[1]) == MAX_LABEL
    with locktrace.label(7):  # type: ignore[arg-type]
        assert labelled.actor().label[1] == "7"


def test_without_the_agent_a_label_does_nothing() -> None:
    assert AGENT.publisher is None
    with locktrace.label("unheard"):
        pass
