"""The same scripted operations leave the same ledger and the same events in both cores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agent.conftest import NEEDS_C_CORE
from tests.support import Target, running

pytestmark = NEEDS_C_CORE

threads = st.integers(0, 2)
locks = st.integers(0, 5)
METHODS: list[tuple[str, list[Any]]] = [
    ("acquire", [False]),
    ("acquire", [True, 0.001]),
    ("acquire", [True, -5]),
    ("acquire", [True, "y"]),
    ("acquire", [1, 0]),
    ("release", []),
    ("release", []),
    ("__exit__", [None, None, None]),
    ("wait", [0.001]),
    ("notify", []),
    ("read", []),
    ("write", []),
    ("try_read", []),
    ("try_write", []),
    ("end_read", []),
    ("end_write", []),
]

steps = st.one_of(
    st.tuples(
        st.just("make"), st.sampled_from(["Lock", "RLock", "Condition", "Semaphore", "RWLock"])
    ),
    st.tuples(st.just("do"), threads, locks, st.sampled_from(METHODS)).map(
        lambda step: (*step[:3], *step[3])
    ),
    st.tuples(st.just("label"), threads, st.sampled_from(["", "one", "two"])),
    st.tuples(st.just("contend"), threads, threads, locks),
    st.tuples(st.just("tasks"), threads, st.integers(1, 3)),
    st.tuples(st.just("look")),
)
scripts = st.lists(steps, max_size=25).map(
    lambda some: [("make", "Lock"), ("make", "RLock"), ("make", "RWLock"), *some]
)


@pytest.fixture(scope="module")
def both() -> Iterator[list[Target]]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        targets = []
        for core, name in (("py", "python"), ("c", "c")):
            patch.setenv("LOCKTRACE_CORE", core)
            target = stack.enter_context(running("scripted", trace=False))
            target.expect(name)
            targets.append(target)
        yield targets


def play(target: Target, script: list[Any]) -> Any:
    target.tell(json.dumps(script))
    return json.loads(target.read())


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(script=scripts)
def test_both_cores_show_the_same(both: list[Target], script: list[Any]) -> None:
    python, c = (play(target, script) for target in both)
    assert python == c
    assert c["faults"] == []
