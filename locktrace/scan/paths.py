"""Which locks are held where: every path through the graph, with what is known of its tests.

Source of the technique: path-sensitive typestate checking (Das, Lerner, Seigle, "ESP", 2002):
one state is the locks held and the answers given to repeated questions; two paths that
agree in both are one path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from locktrace.scan.flow.graph import Graph
from locktrace.scan.records import LockRef, Operation

MOST_STATES = 48
MOST_VISITS = 5000
_DEEPEST_HOLD = 3


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """``level``: 1 and more held since ``line``; 0 released at ``line``; -1 the caller's hold
    released.
    """

    key: str
    mode: str
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class State:
    """What is so at one point of one path."""

    held: tuple[Held, ...] = ()
    facts: tuple[tuple[str, bool], ...] = ()

    def of(self, key: str, mode: str) -> Held | None:
        return next((h for h in self.held if h.key == key and h.mode == mode), None)

    def holding(self) -> tuple[Held, ...]:
        return tuple(h for h in self.held if h.level > 0)


@dataclass(frozen=True, slots=True)
class Delta:
    """What a call leaves behind: +1 one more hold of the lock, -1 one less. ``lock`` as the callee
    names it.
    """

    lock: LockRef
    mode: str
    change: int


Alternatives = tuple[tuple[Delta, ...], ...]
"""The ways in which a function can come back; one, empty, if it leaves the locks as they were."""

Effects = Callable[[Operation], Alternatives | None]
"""What the callee of an operation leaves behind, its locks named as the caller does."""

Point = tuple[int, State]


@dataclass(slots=True)
class Paths:
    """All points that were reached. ``cut``: there were too many, so nothing can be said of all."""

    graph: Graph
    reached: dict[int, set[State]] = field(default_factory=dict)
    before: dict[Point, tuple[Point, str] | None] = field(default_factory=dict)
    cut: bool = False

    def at(self, node: int) -> set[State]:
        return self.reached.get(node, set())

    def way_to(self, point: Point) -> list[tuple[Point, str]]:
        """The points on the way there, first to last, each with the label of the edge that left
        it.
        """
        way: list[tuple[Point, str]] = []
        came = self.before.get(point)
        while came is not None:
            way.append(came)
            came = self.before.get(came[0])
        return way[::-1]


def explore(graph: Graph, effects: Effects) -> Paths:
    """Follow every path from the entry, breadth first, so that the way to a point is a short
    one.
    """
    paths = Paths(graph)
    start = (graph.entry, State())
    paths.before[start] = None
    paths.reached[graph.entry] = {start[1]}
    queue = [start]
    for point in queue:
        at, state = point
        node = graph.nodes[at]
        for target, label in node.next:
            for after in _after(node.operation, state, label, effects):
                there = paths.reached.setdefault(target, set())
                if after in there:
                    continue
                if len(there) >= MOST_STATES or len(queue) >= MOST_VISITS:
                    paths.cut = True
                    continue
                there.add(after)
                paths.before[(target, after)] = (point, label)
                queue.append((target, after))
    return paths


def _after(
    operation: Operation | None, state: State, label: str, effects: Effects
) -> Iterator[State] | tuple[State, ...]:
    if operation is not None and label == "raise" and operation.callee and effects(operation):
        return ()  # wrappers of an acquire or release do not raise, as these do not
    if operation is None or label == "raise":
        return (state,)
    if operation.callee:
        return _called(operation, state, label, effects)
    if operation.lock is not None and operation.action in _MOVES:
        return (
            _MOVES[operation.action](state, operation.lock.key, operation.mode, operation.line),
        )
    if operation.action in _TURNS:
        return _TURNS[operation.action](operation, state, label)
    return (state,)


def acquired(state: State, key: str, mode: str, line: int) -> State:
    known = state.of(key, mode)
    if known is None or known.level == 0:
        return _with(state, known, Held(key, mode, 1, line))
    if known.level < 0:
        return _with(state, known, None)
    return _with(state, known, Held(key, mode, min(known.level + 1, _DEEPEST_HOLD), known.line))


def released(state: State, key: str, mode: str, line: int) -> State:
    known = state.of(key, mode)
    if known is None or known.level == 0:
        other = next(
            (h for h in state.held if h.key == key and h.mode != mode and h.level > 0), None
        )
        if other is not None:
            return _with(state, other, Held(key, other.mode, 0, line))
        return _with(state, known, Held(key, mode, -1, line)) if known is None else state
    if known.level > 1:
        return _with(state, known, Held(key, mode, known.level - 1, known.line))
    return _with(state, known, Held(key, mode, 0, line)) if known.level == 1 else state


def _with(state: State, old: Held | None, new: Held | None) -> State:
    held = [h for h in state.held if h is not old]
    if new is not None:
        held.append(new)
    return State(tuple(sorted(held)), state.facts)


def _tried(operation: Operation, state: State, label: str) -> tuple[State, ...]:
    assert operation.lock is not None
    got = acquired(state, operation.lock.key, operation.mode, operation.line)
    if label in ("true", "false"):
        won = got if label == "true" else state
        return (_knowing(won, operation.var, label == "true"),)
    if operation.discarded:
        return (got,)
    if operation.var in ("", "?"):
        return (state,)
    return (_knowing(got, operation.var, True), _knowing(state, operation.var, False))


def _tested(operation: Operation, state: State, label: str) -> tuple[State, ...]:
    if not operation.var:
        return (state,)
    answer = (label == "true") != (operation.note == "not")
    for text, known in state.facts:
        if text == operation.var:
            return (state,) if known == answer else ()
    return (_knowing(state, operation.var, answer),)


def _knowing(state: State, text: str, answer: bool) -> State:
    if text in ("", "?"):
        return state
    facts = dict(state.facts)
    facts[text] = answer
    return State(state.held, tuple(sorted(facts.items())))


def _forgotten(operation: Operation, state: State, _label: str) -> tuple[State, ...]:
    name = operation.var
    mentions = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
    facts = [(text, known) for text, known in state.facts if not mentions.search(text)]
    if operation.note:
        facts.append((name, operation.note == "True"))
    return (State(state.held, tuple(sorted(facts))),)


def _called(operation: Operation, state: State, label: str, effects: Effects) -> Iterator[State]:
    alternatives = effects(operation)
    if not alternatives:
        yield state
        return
    decided = label in ("true", "false") or bool(operation.var)
    if not decided:
        # Wrappers that act on a condition act on the same one when they undo it.
        alternatives = (max(alternatives, key=len),)
    for changes in alternatives:
        holds = any(delta.change > 0 for delta in changes)
        if len(alternatives) > 1 and label in ("true", "false") and holds != (label == "true"):
            continue
        after = state
        for delta in changes:
            move = acquired if delta.change > 0 else released
            after = move(after, delta.lock.key, delta.mode, operation.line)
        if len(alternatives) > 1 and operation.var:
            after = _knowing(after, operation.var, holds)
        yield after


_MOVES: dict[str, Callable[[State, str, str, int], State]] = {
    "acquire": acquired,
    "release": released,
}
_TURNS: dict[str, Callable[[Operation, State, str], tuple[State, ...]]] = {
    "test": _tested,
    "try": _tried,
    "set": _forgotten,
}
