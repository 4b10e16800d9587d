"""LT302: an `await` while a thread's lock is held."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.function_flow import FunctionFlow
from locktrace.scan.rules.base import FunctionRule


class AwaitWhileHolding(FunctionRule):
    code = "LT302"
    name = "await-while-holding"
    severity = Severity.WARNING
    kinds = ("event-loop-blocked", "held-while-blocking")
    page = """\
A coroutine awaits while it holds a `threading` lock. Another task of the same loop that wants the
lock blocks the loop, so that the first never comes back to release it.

    with self._lock:                 # a threading.Lock
        await self.send(row)

Remedy: an `asyncio.Lock` with `async with`; or release before the await.
"""

    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        if not flow.function.is_async:
            return
        for node, states in flow.nodes("await"):
            for held in flow.holdings(states):
                primitive = held.lock.primitive
                if primitive.family in ("threading", "multiprocessing") and not primitive.counting:
                    message = f"awaits while {held.lock.name} is held, a lock of threads"
                    yield Draft(self.finding(flow, node.line, held.lock.name, message))
                    return
