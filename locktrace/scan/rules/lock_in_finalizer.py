"""LT601: a lock in `__del__`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Draft, FunctionFacts
from locktrace.scan.records import Finding, Step
from locktrace.scan.rules.base import ProjectRule

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph


class LockInFinalizer(ProjectRule):
    code = "LT601"
    name = "lock-in-finalizer"
    severity = Severity.WARNING
    kinds = ("finalizer-reentry",)
    page = """\
A finalizer acquires a lock, itself or in a function that it calls. The garbage collector may run it
in any thread between any two lines, also while that thread holds the very lock.

    def __del__(self):
        with self.pool.lock:         # the interrupted function may hold it
            self.pool.forget(self)

Remedy: append to a `collections.deque` or `queue.SimpleQueue`, and let somebody else do the work;
or
an RLock, if a half-done change under it is harmless.
"""

    def check(self, calls: CallGraph) -> Iterator[Draft]:
        for facts in calls.functions():
            if facts.qualname.rpartition(".")[2] == "__del__":
                yield from acquires_in_interruption(self, calls, facts, "a finalizer")


def acquires_in_interruption(
    rule: ProjectRule, calls: CallGraph, facts: FunctionFacts, what: str
) -> Iterator[Draft]:
    """A finding for the first lock that is not re-entrant which code that interrupts others
    acquires.
    """
    for acquired in facts.acquired:
        if acquired.lock.excludes_itself:
            message = (
                f"{what} acquires {acquired.lock.name}, which the code that it interrupts may hold"
            )
            yield Draft(_finding(rule, facts, acquired.line, acquired.lock.name, message, ()))
            return
    for call in facts.called:
        for reached in calls.acquires(call):
            lock = reached.item.lock
            if lock.excludes_itself:
                message = f"{what} acquires {lock.name}, which the code that it interrupts may hold"
                path = (
                    *reached.chain,
                    Step(reached.item.line, f"{lock.name} is acquired here", reached.file),
                )
                yield Draft(_finding(rule, facts, call.line, lock.name, message, path))
                return


def _finding(
    rule: ProjectRule,
    facts: FunctionFacts,
    line: int,
    lock: str,
    message: str,
    path: tuple[Step, ...],
) -> Finding:
    return Finding(
        rule.code, rule.name, rule.severity, facts.file, line, facts.qualname, lock, message, path
    )
