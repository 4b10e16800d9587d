"""The call graph of the project: what a call acquires, blocks on and orders, through all it
calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from locktrace.scan.facts import Acquired, Blocked, Called, Draft, FunctionFacts, Holding
from locktrace.scan.records import LockRef, Step
from locktrace.scan.translation import key_for_caller

_DEEPEST = 8
_DEEPEST_BLOCK = 3
_MOST = 60


@dataclass(frozen=True, slots=True)
class ReachedLock:
    """An acquire that a call comes to. ``key``: its lock as the caller names it, if the caller
    can.
    """

    item: Acquired
    key: str | None
    file: str
    function: str
    chain: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class ReachedBlock:
    """A blocking call that a call comes to. ``key``: the lock that it lets go meanwhile."""

    item: Blocked
    key: str | None
    file: str
    function: str
    chain: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """``first`` is held when ``second`` is acquired, in ``mode``; ``gates`` are the other locks
    held.
    """

    first: Holding
    second: LockRef
    mode: str
    function: str
    file: str
    line: int
    at_file: str
    chain: tuple[Step, ...]
    gates: frozenset[str]


class CallGraph:
    """The facts of all functions, joined along their calls; each closure is worked out once."""

    def __init__(self, facts: Iterable[FunctionFacts]) -> None:
        self._facts = {found.id: found for found in facts}
        self._locks: dict[str, tuple[ReachedLock, ...]] = {}
        self._blocks: dict[tuple[str, int], tuple[ReachedBlock, ...]] = {}
        self._under_way: set[str] = set()
        self._given_back = frozenset(i for f in self._facts.values() for i in f.given_back)
        self._taken = frozenset(i for f in self._facts.values() for i in f.taken)
        self._touched = frozenset(i for f in self._facts.values() for i in f.touched)
        self._called_holding: set[tuple[str, str]] | None = None

    def functions(self) -> Iterator[FunctionFacts]:
        yield from self._facts.values()

    def facts_of(self, name: str) -> FunctionFacts | None:
        return self._facts.get(name)

    def missing(self) -> set[str]:
        """Functions that are called under a lock, by a finalizer or a handler, and not known
        yet.
        """
        wanted = {c.callee for f in self._facts.values() for c in f.called if c.held}
        for facts in self._facts.values():
            wanted.update(facts.handlers)
            if facts.qualname.endswith("__del__"):
                wanted.update(call.callee for call in facts.called)
        reached: set[str] = set()
        while wanted:
            name = wanted.pop()
            if name not in reached:
                reached.add(name)
                known = self._facts.get(name)
                wanted.update(call.callee for call in known.called) if known else None
        return reached - set(self._facts)

    def stands(self, draft: Draft) -> bool:
        """Whether nothing in the project explains what looks wrong in one function."""
        if draft.unless_given_back & self._given_back or draft.unless_taken & self._taken:
            return False
        if draft.unless_acquired & self._touched:
            return False
        return draft.unless_called_holding not in self._holding_callers()

    def acquires(self, call: Called) -> Iterator[ReachedLock]:
        """The blocking acquires that a call comes to, locks named as the caller does."""
        args = dict(call.args)
        callee = self._facts.get(call.callee)
        step = Step(call.line, f"calls {callee.qualname if callee else call.callee}")
        for reached in self._acquires_in(call.callee):
            key = None if reached.key is None else key_for_caller(reached.key, call.callee, args)
            if key is None or key not in call.let_go:
                yield replace(reached, key=key, chain=(step, *reached.chain))

    def blocks(self, call: Called, depth: int = 0) -> Iterator[ReachedBlock]:
        """The blocking calls that a call comes to."""
        args = dict(call.args)
        callee = self._facts.get(call.callee)
        step = Step(call.line, f"calls {callee.qualname if callee else call.callee}")
        for reached in self._blocks_in(call.callee, depth):
            own = None if not reached.key else key_for_caller(reached.key, call.callee, args)
            if not call.let_go:
                yield replace(reached, key=own, chain=(step, *reached.chain))

    def order(self) -> Iterator[Edge]:
        """Each lock that is acquired while another is held, here or along a call."""
        for facts in self._facts.values():
            for acquired in facts.acquired:
                for held in acquired.held:
                    yield from self._edges(
                        facts, held, acquired.held, acquired, facts.file, (), acquired.lock.key
                    )
            for call in facts.called:
                if call.held:
                    for reached in self.acquires(call):
                        for held in call.held:
                            yield from self._edges(
                                facts,
                                held,
                                call.held,
                                reached.item,
                                reached.file,
                                reached.chain,
                                reached.key,
                            )

    def _edges(
        self,
        facts: FunctionFacts,
        held: Holding,
        others: tuple[Holding, ...],
        acquired: Acquired,
        at_file: str,
        chain: tuple[Step, ...],
        key: str | None,
    ) -> Iterator[Edge]:
        first, second = held.lock, acquired.lock
        already_held = any(key == other.lock.key for other in others)
        if (
            first.id == second.id
            or already_held
            or not (_is_told_apart(first) and _is_told_apart(second))
        ):
            return
        gates = {other.lock.id for other in (*others, *acquired.held)} - {first.id, second.id}
        chain = tuple(replace(step, file=step.file or facts.file) for step in chain)
        yield Edge(
            held,
            second,
            acquired.mode,
            facts.qualname,
            facts.file,
            acquired.line,
            at_file,
            chain,
            frozenset(gates),
        )

    def _acquires_in(self, name: str) -> tuple[ReachedLock, ...]:
        if name in self._locks:
            return self._locks[name]
        facts = self._facts.get(name)
        if facts is None or name in self._under_way or len(self._under_way) > _DEEPEST:
            return ()
        self._under_way.add(name)
        found = {
            (a.lock.key, a.lock.id, a.mode): ReachedLock(a, a.lock.key, facts.file, facts.qualname)
            for a in facts.acquired
        }
        for call in facts.called:
            for reached in self.acquires(call):
                place = (reached.key or "", reached.item.lock.id, reached.item.mode)
                if len(found) < _MOST:
                    found.setdefault(place, _in_file(reached, facts.file))
        self._under_way.discard(name)
        self._locks[name] = tuple(found.values())
        return self._locks[name]

    def _blocks_in(self, name: str, depth: int) -> tuple[ReachedBlock, ...]:
        facts = self._facts.get(name)
        if facts is None or depth >= _DEEPEST_BLOCK:
            return ()
        if (name, depth) not in self._blocks:
            self._blocks[(name, depth)] = ()
            found = [ReachedBlock(b, b.own, facts.file, facts.qualname) for b in facts.blocked]
            for call in facts.called:
                found += [_block_in_file(r, facts.file) for r in self.blocks(call, depth + 1)]
            self._blocks[(name, depth)] = tuple(found[:_MOST])
        return self._blocks[(name, depth)]

    def _holding_callers(self) -> set[tuple[str, str]]:
        if self._called_holding is None:
            self._called_holding = {
                (call.callee, held.lock.id)
                for facts in self._facts.values()
                for call in facts.called
                for held in call.held
            }
        return self._called_holding


def _is_told_apart(lock: LockRef) -> bool:
    return not (lock.id.startswith("?") or lock.primitive.counting or lock.key.startswith("<new"))


def _in_file(reached: ReachedLock, file: str) -> ReachedLock:
    return replace(reached, chain=tuple(replace(s, file=s.file or file) for s in reached.chain))


def _block_in_file(reached: ReachedBlock, file: str) -> ReachedBlock:
    return replace(reached, chain=tuple(replace(s, file=s.file or file) for s in reached.chain))
