"""A label says what a thread works on, nests, and costs nothing to a program without the agent."""

from __future__ import annotations

import threading

import pytest

import locktrace
from locktrace.agent.labels import MAX_LABEL
from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from tests.agent.conftest import Tracing


def test_labels_nest_and_end_with_their_block(tracing: Tracing) -> None:
    seen = []
    with locktrace.label("outer"):
        with locktrace.label("inner"):
            seen.append(tracing.me().label)
        seen.append(tracing.me().label)
    assert [*seen, tracing.me().label] == ["inner", "outer", ""]


def test_a_hold_keeps_the_label_under_which_it_was_taken(tracing: Tracing) -> None:
    lock = threading.Lock()
    with locktrace.label("query beta.example. A"):
        lock.acquire()
    assert tracing.holds()[0].label == "query beta.example. A"


def test_a_label_ends_when_its_block_raises(tracing: Tracing) -> None:
    with pytest.raises(KeyError), locktrace.label("failing"):
        raise KeyError
    assert tracing.me().label == ""


def test_a_long_label_is_cut_and_anything_can_be_one(tracing: Tracing) -> None:
    with locktrace.label("x" * 10_000):
        assert len(tracing.me().label) == MAX_LABEL
    with locktrace.label(7):  # type: ignore[arg-type]
        assert tracing.me().label == "7"


def test_without_the_agent_a_label_does_nothing() -> None:
    assert tap.recorder is OFF
    with locktrace.label("unheard"):
        pass
