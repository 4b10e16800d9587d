"""LT201 and LT202 along a call chain of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Called, Draft, FunctionFacts, Holding
from locktrace.scan.records import Finding, Step
from locktrace.scan.rules.base import ProjectRule
from locktrace.scan.rules.double_acquire import DoubleAcquire
from locktrace.scan.rules.recursive_read import RecursiveRead

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph, ReachedLock


class DoubleAcquireInCalls(ProjectRule):
    code = DoubleAcquire.code
    name = DoubleAcquire.name
    severity = DoubleAcquire.severity
    kinds = DoubleAcquire.kinds
    page = DoubleAcquire.page

    def check(self, calls: CallGraph) -> Iterator[Draft]:
        for facts in calls.functions():
            seen: set[tuple[str, int]] = set()
            for call in facts.called:
                for held in call.held:
                    if (held.lock.key, call.line) in seen:
                        continue
                    reached = self._again(calls, call, held)
                    if reached is not None:
                        seen.add((held.lock.key, call.line))
                        yield self._draft(facts, call, held, reached)

    def _again(self, calls: CallGraph, call: Called, held: Holding) -> ReachedLock | None:
        if held.lock.primitive.reentrant is not False or held.lock.key.startswith("<new"):
            return None
        for reached in calls.acquires(call):
            if reached.key == held.lock.key and reached.item.lock.excludes_itself:
                return reached
        return None

    def _draft(
        self, facts: FunctionFacts, call: Called, held: Holding, reached: ReachedLock
    ) -> Draft:
        both_read = held.mode == "shared" and reached.item.mode == "shared"
        rule = RecursiveRead if both_read else DoubleAcquire
        word = "read-locked" if both_read else "acquired"
        again = f"{held.lock.name} is {word} here again" if both_read else "waits for itself here"
        path = (
            Step(held.line, f"{word} here", facts.file),
            *reached.chain,
            Step(reached.item.line, again, reached.file),
        )
        through = f"{reached.function}()"
        name = held.lock.name
        if both_read:
            message = (
                f"the read lock {name} is held, and {through} takes it again: "
                "a writer between the two waits for both"
            )
        else:
            message = f"{name} is held, and {through} acquires it again"
        severity = rule.severity if held.always else Severity.WARNING
        found = Finding(
            rule.code,
            rule.name,
            severity,
            facts.file,
            call.line,
            facts.qualname,
            held.lock.name,
            message,
            path,
        )
        return Draft(
            found, unless_given_back=frozenset() if held.scoped else frozenset({held.lock.id})
        )
