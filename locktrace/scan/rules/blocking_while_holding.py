"""LT301: a call that waits for something else while a lock is held."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from locktrace.model import Severity
from locktrace.scan.facts import Draft, FunctionFacts, Holding
from locktrace.scan.records import Finding, Step
from locktrace.scan.rules.base import ProjectRule

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph


class BlockingWhileHolding(ProjectRule):
    code = "LT301"
    name = "blocking-while-holding"
    severity = Severity.WARNING
    kinds = ("held-while-blocking", "long-hold", "convoy", "stall")
    page = """\
A call that sleeps, joins, waits for a queue, a process, an event or the network is made while a
lock is held, here or in a function that is called. Everybody who wants the lock waits as well;
if what is waited for needs the lock, for ever.

    with self.table_lock:
        rows = urlopen(self.store).read()    # every query waits for the store
        self.table = parse(rows)

Remedy: wait first, then take the lock for the assignment only.

Calls with a time-out are not told. A Condition's own `wait` lets its lock go; other locks stay
held.
"""

    def check(self, calls: CallGraph) -> Iterator[Draft]:
        for facts in calls.functions():
            told: set[tuple[str, int]] = set()
            for blocked in facts.blocked:
                for held in _worldly(blocked.held, blocked.own):
                    if (held.lock.key, blocked.line) not in told:
                        told.add((held.lock.key, blocked.line))
                        yield self._draft(facts, held, blocked.line, blocked.note, ())
            for call in facts.called:
                for held in _worldly(call.held, ""):
                    if (held.lock.key, call.line) in told:
                        continue
                    reached = next(
                        (r for r in calls.blocks(call) if r.key is None or r.key != held.lock.key),
                        None,
                    )
                    if reached is not None:
                        told.add((held.lock.key, call.line))
                        steps = (
                            *reached.chain,
                            Step(reached.item.line, reached.item.note, reached.file),
                        )
                        yield self._draft(facts, held, call.line, reached.item.note, steps)

    def _draft(
        self, facts: FunctionFacts, held: Holding, line: int, note: str, steps: tuple[Step, ...]
    ) -> Draft:
        path = (Step(held.line, f"{held.lock.name} is acquired here", facts.file), *steps)
        if not steps:
            path = (*path, Step(line, note, facts.file))
        message = f"{note} while {held.lock.name} is held"
        found = Finding(
            self.code,
            self.name,
            self.severity,
            facts.file,
            line,
            facts.qualname,
            held.lock.name,
            message,
            path,
        )
        # A local lock that another function gives back is a signal to this one, not a hold.
        handed_on = "<locals>" in held.lock.id and not held.scoped
        return Draft(found, unless_given_back=frozenset({held.lock.id} if handed_on else ()))


def _worldly(held: tuple[Holding, ...], own: str) -> Iterator[Holding]:
    """Locks that keep threads waiting, and do not bound how many do something at once."""
    for holding in held:
        primitive = holding.lock.primitive
        if primitive.family != "asyncio" and not primitive.counting and holding.lock.key != own:
            yield holding
