"""Analyses the functions of the modules that one process has read."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace

from locktrace.scan import hints
from locktrace.scan.discover import Discovery
from locktrace.scan.facts import Draft, FunctionFacts, FunctionResult
from locktrace.scan.flow.builder import Builder
from locktrace.scan.function_flow import Body, FunctionFlow
from locktrace.scan.listing import listed
from locktrace.scan.modules import Function
from locktrace.scan.operations import Reader
from locktrace.scan.paths import Alternatives, Paths, explore
from locktrace.scan.project import Project
from locktrace.scan.records import LockRef, Operation
from locktrace.scan.rules import FUNCTION_RULES
from locktrace.scan.scope import Scope
from locktrace.scan.source import lines_with
from locktrace.scan.summaries import flow_facts, plain_facts
from locktrace.scan.translation import translated
from locktrace.scan.vocabulary import LINE_WORDS

_LOCK_ACTIONS = frozenset({"acquire", "try", "release", "wait", "notify", "enter", "callback"})
_MODULE = "<module>"


class Analyst:
    """Keeps the trees of its modules; results are made once, wrappers before their callers."""

    def __init__(self) -> None:
        self.discoveries: dict[str, Discovery] = {}
        self.project = Project()
        self.effects: dict[str, tuple[Alternatives, Alternatives]] = {}
        self._results: dict[str, FunctionResult] = {}
        self._scopes: dict[str, Scope] = {}
        self._under_way: set[str] = set()
        self._strange: list[str] = []
        self._hints: dict[str, dict[tuple[str, str], str]] = {}

    def add(self, discovery: Discovery) -> None:
        self.discoveries.setdefault(discovery.index.name, discovery)

    def link(self, project: Project) -> None:
        self.project = project
        names = {name for index in project.modules.values() for name in index.lock_names}
        self._strange = sorted(name for name in names if not LINE_WORDS.search(name))

    def own_results(self) -> Iterator[FunctionResult]:
        """The results of all functions, modules and class bodies that mention locks."""
        for discovery in self.discoveries.values():
            for qualname in self._speaking(discovery):
                result = self.result(f"{discovery.index.name}.{qualname}")
                if result is not None:
                    yield result
            yield from self._bodies(discovery)

    def results_of(self, ids: Iterable[str]) -> Iterator[FunctionResult]:
        """The results of functions by id, those that this process does not have left out."""
        for name in ids:
            result = self.result(name)
            if result is not None:
                yield result

    def learn(self, effects: dict[str, tuple[Alternatives, Alternatives]]) -> list[FunctionResult]:
        """What functions of other modules leave behind; returns the results that this changes."""
        effects = {
            name: effect for name, effect in effects.items() if self.effects.get(name) != effect
        }
        news = {name for name in effects if name not in self._results}
        self.effects.update(effects)
        stale = {
            result.facts.id
            for result in self._results.values()
            if any(call.callee in news for call in result.facts.called)
        }
        stale |= set(self._callers_by_name(effects)) - set(self._results)
        for name in stale:
            self._results.pop(name, None)
        return list(self.results_of(sorted(stale)))

    def result(self, name: str) -> FunctionResult | None:
        if name not in self._results and name not in self._under_way:
            place = self._place(name)
            if place is None:
                return None
            discovery, function = place
            self._under_way.add(name)
            try:
                found = self._analyse(discovery, function, discovery.nodes[function.qualname])
            finally:
                self._under_way.discard(name)
            self._results[name] = found
        return self._results.get(name)

    def _place(self, name: str) -> tuple[Discovery, Function] | None:
        head = name
        while head:
            head = head.rpartition(".")[0]
            discovery = self.discoveries.get(head)
            if discovery is not None:
                function = discovery.index.functions.get(name[len(head) + 1 :])
                return (discovery, function) if function else None
        return None

    def _speaking(self, discovery: Discovery) -> list[str]:
        """Functions that mention a lock, also by a name that only this project knows as one."""
        functions = discovery.index.functions
        found = dict.fromkeys(q for q in discovery.mentioning if discovery.uses(functions[q]))
        found.update(dict.fromkeys(_functions_with(discovery, self._strange)))
        return list(found)

    def _callers_by_name(self, effects: Iterable[str]) -> Iterator[str]:
        names = {name.rpartition(".")[2] for name in effects}
        strange = [
            name for name in names if not LINE_WORDS.search(name) and not name.startswith("__")
        ]
        for discovery in self.discoveries.values():
            for qualname in _functions_with(discovery, strange, r"\s*\("):
                yield f"{discovery.index.name}.{qualname}"

    def _bodies(self, discovery: Discovery) -> Iterator[FunctionResult]:
        index = discovery.index
        last = len(discovery.source.lines)
        bodies: list[tuple[str, ast.Module | ast.ClassDef, str]] = [
            (name, node, f"{index.name}.{name}") for name, node in discovery.class_bodies
        ]
        if discovery.source.mentions:
            bodies.append((_MODULE, discovery.source.tree, ""))
        for qualname, node, _ in bodies:
            function = Function(
                f"{index.name}.{qualname}", qualname, getattr(node, "lineno", 1), last, ()
            )
            yield self._analyse(discovery, function, node)

    def _scope(self, discovery: Discovery, function: Function) -> Scope:
        scope = self._scopes.get(function.id)
        if scope is None:
            outer = function.qualname.rpartition(".<locals>.")[0]
            enclosing = discovery.index.functions.get(outer) if outer else None
            parent = self._scope(discovery, enclosing) if enclosing else None
            node = discovery.nodes.get(function.qualname)
            scope = Scope(self.project, discovery, function, node, parent)
            self._scopes[function.id] = scope
            known = self._module_hints(discovery)
            scope.hints = {param: known.get((function.id, param), "") for param in function.params}
        return scope

    def _module_hints(self, discovery: Discovery) -> dict[tuple[str, str], str]:
        name = discovery.index.name
        if name not in self._hints:
            self._hints[name] = {}
            scopes = ((node, self._scope(discovery, f)) for node, f in _mentioning(discovery))
            self._hints[name] = hints.argument_types(scopes)
            self._scopes = {
                key: scope for key, scope in self._scopes.items() if not scope.function.params
            }
        return self._hints[name]

    def _analyse(self, discovery: Discovery, function: Function, node: Body) -> FunctionResult:
        try:
            return self._followed(discovery, function, node)
        except (
            RecursionError
        ):  # an expression of thousands of terms: some generator's, no locks in it
            path = discovery.index.path
            return FunctionResult(
                FunctionFacts(function.id, path, function.qualname, function.line)
            )

    def _followed(self, discovery: Discovery, function: Function, node: Body) -> FunctionResult:
        reader = Reader(self._scope(discovery, function))
        graph = Builder(reader).build(node)
        operations = sorted(
            (operation for found in reader.operations.values() for operation in found),
            key=lambda operation: operation.line,
        )
        locks = {op.lock.key: op.lock for op in operations if op.lock is not None and op.lock.key}
        matters = any(op.action in _LOCK_ACTIONS for op in operations) or any(
            node.operation is not None
            and node.operation.callee
            and self._effect(node.operation, locks)
            for node in graph.nodes
        )
        if not matters:
            flow = FunctionFlow(
                function, discovery.index.path, node, graph, Paths(graph), operations, locks
            )
            return FunctionResult(plain_facts(flow), _drafts(flow), listed(flow))
        paths = explore(graph, lambda operation: self._effect(operation, locks))
        flow = FunctionFlow(function, discovery.index.path, node, graph, paths, operations, locks)
        return FunctionResult(flow_facts(flow), _drafts(flow), listed(flow))

    def _effect(self, operation: Operation, locks: dict[str, LockRef]) -> Alternatives | None:
        """What a call leaves behind, in the caller's names; remembers the locks it brings in."""
        callee = operation.callee
        if not callee:
            return None
        result = self.result(callee) if self._is_own(callee) else None
        if result is not None:
            back, inside = result.facts.back, result.facts.inside
        else:
            back, inside = self.effects.get(callee, ((), ()))
        if operation.action in ("enter", "leave"):
            if not inside:
                return None
            sign = 1 if operation.action == "enter" else -1
            back = tuple(tuple(replace(d, change=d.change * sign) for d in way) for way in inside)
        if not any(back):
            return None
        return translated(back, callee, dict(operation.args), locks)

    def _is_own(self, callee: str) -> bool:
        place = self._place(callee)
        if place is None:
            return False
        discovery, function = place
        return function.qualname in discovery.mentioning


def _functions_with(discovery: Discovery, names: list[str], after: str = "") -> Iterator[str]:
    # Few names occur in a module at all, and a search for one is quick.
    present = [name for name in names if name in discovery.source.text]
    if not present:
        return
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, present)) + rf")\b{after}")
    lines = lines_with(pattern, discovery.source.text)
    for qualname, function in discovery.index.functions.items():
        at = bisect_left(lines, function.line)
        if at < len(lines) and lines[at] <= function.end:
            yield qualname


def _mentioning(discovery: Discovery) -> Iterator[tuple[ast.AST, Function]]:
    for qualname in discovery.mentioning:
        yield discovery.nodes[qualname], discovery.index.functions[qualname]


def _drafts(flow: FunctionFlow) -> tuple[Draft, ...]:
    return tuple(draft for rule in FUNCTION_RULES for draft in rule.check(flow))
