"""LT502: notify without holding the Condition's lock."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class NotifyWithoutLock(FunctionRule):
    code = "LT502"
    name = "notify-without-lock"
    severity = Severity.WARNING
    kinds = ("lost-wakeup",)
    page = """\
`Condition.notify` raises RuntimeError unless the caller holds the Condition's lock; `wait` too.

    self.items.append(item)
    self.ready.notify()              # RuntimeError: cannot notify on un-acquired lock

Remedy: `with self.ready:` around the change and the notify.

Not blamed: functions that the project calls while holding the lock.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        for node, states in flow.nodes("notify", "wait"):
            operation = node.operation
            assert operation is not None
            lock = operation.lock
            if lock is None or not lock.primitive.condition or flow.paths.cut:
                continue
            if lock.primitive.reentrant is None or flow.expects_an_error(operation.line):
                continue
            held = [state.of(lock.key, "exclusive") for state in states]
            if all(h is None or h.level <= 0 for h in held):
                message = f"{lock.name}.{operation.method}() is called without its lock"
                owned = (
                    lock.primitive.family == "threading"
                )  # asyncio asks whether it is held, not by whom
                released = owned and all(h is not None and h.level == 0 for h in held)
                severity = Severity.ERROR if released else self.severity
                found = self.finding(flow, operation.line, lock.name, message, (), severity)
                caller = None if released else (flow.function.id, lock.id)
                yield Draft(found, unless_called_holding=caller)
