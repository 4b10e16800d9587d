"""A label says what a thread works on, nests, and costs nothing to a program without the agent."""

from __future__ import annotations

import pytest

import locktrace
from locktrace.agent.labels import MAX_LABEL
from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.lock import TracedLock
from locktrace.agent.python_core import PythonRecorder


def test_labels_nest_and_end_with_their_block(recorder: PythonRecorder) -> None:
    seen = []
    with locktrace.label("outer"):
        with locktrace.label("inner"):
            seen.append(recorder.actor().label[1])
        seen.append(recorder.actor().label[1])
    assert [*seen, recorder.actor().label[1]] == ["inner", "outer", ""]


def test_a_hold_keeps_the_label_under_which_it_was_taken(recorder: PythonRecorder) -> None:
    lock = TracedLock()
    with locktrace.label("query beta.example. A"):
        lock.acquire()
    assert lock._entry.holds[0].label[1] == "query beta.example. A"


def test_a_label_ends_when_its_block_raises(recorder: PythonRecorder) -> None:
    with pytest.raises(KeyError), locktrace.label("failing"):
        raise KeyError
    assert recorder.actor().label[1] == ""


def test_a_long_label_is_cut_and_anything_can_be_one(recorder: PythonRecorder) -> None:
    with locktrace.label("x" * 10_000):
        assert len(recorder.actor().label[1]) == MAX_LABEL
    with locktrace.label(7):  # type: ignore[arg-type]
        assert recorder.actor().label[1] == "7"


def test_without_the_agent_a_label_does_nothing() -> None:
    assert tap.recorder is OFF
    with locktrace.label("unheard"):
        pass
