"""Acquires that a function may have made, and not released again, by the time it is somewhere.

A forward may-analysis over the bytecode, handlers included: an acquire is open at an instruction
if some way there makes it and does not release the same path. The branch that a failed attempt
takes (`if lock.acquire(False):`) is left out.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Mapping
from types import CodeType

from locktrace.agent.arrival.depths import Depths, depths
from locktrace.agent.arrival.paths import Use, uses

MOST_INSTRUCTIONS = 20_000  # of a function; longer ones are passed over
_PASSED = frozenset({"NOT_TAKEN", "TO_BOOL"})

State = frozenset[Use]
Methods = tuple[tuple[str, str], ...]
"""Pairs of (acquire, release)."""


def open_acquires(code: CodeType, lasti: int, methods: Methods) -> State:
    """The calls of acquires that are open before the instruction at `lasti`."""
    if not any(acquire in code.co_names for acquire, _ in methods):
        return frozenset()
    known = depths(code)
    return _flow(code, methods).get(known.order(lasti), frozenset())


@functools.lru_cache(maxsize=512)
def _flow(code: CodeType, methods: Methods) -> Mapping[int, State]:
    """The open acquires before each instruction that can be reached."""
    known = depths(code)
    if len(known.instructions) > MOST_INSTRUCTIONS:
        return {}
    releases = {release: acquire for acquire, release in methods}
    calls = {
        use.order: use
        for use in uses(code, frozenset(name for pair in methods for name in pair))
        if use.method != "__enter__"
    }
    before: dict[int, State] = {0: frozenset()}
    todo = deque([0])
    while todo:
        order = todo.popleft()
        state = before[order]
        after = _after(state, calls.get(order), releases)
        for successor, fails in known.successors(order):
            left = _without_attempt(known, order, after, calls) if fails else after
            _merge(before, todo, successor, left)
        for handler in known.handlers_at(order):
            _merge(before, todo, handler, state)
    return before


def _after(state: State, use: Use | None, releases: Mapping[str, str]) -> State:
    if use is None:
        return state
    acquire = releases.get(use.method)
    if acquire is None:
        return state | {use}
    return frozenset(one for one in state if (one.method, one.path) != (acquire, use.path))


def _without_attempt(known: Depths, order: int, state: State, calls: Mapping[int, Use]) -> State:
    """`state` without the acquire whose result this jump has found false."""
    tested = order - 1
    while tested >= 0 and known.instructions[tested].name in _PASSED:
        tested -= 1
    use = calls.get(tested)
    return state - {use} if use is not None else state


def _merge(before: dict[int, State], todo: deque[int], order: int, state: State) -> None:
    merged = before.get(order, frozenset()) | state
    if order not in before or merged != before[order]:
        before[order] = merged
        todo.append(order)
