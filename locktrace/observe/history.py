"""What the events show over time, kept on the observer's side and frozen for the detectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Mapping

from locktrace.model import History, Hold, Lock, Traffic, Wait
from locktrace.observe.contention import ContentionSites
from locktrace.observe.order import LockOrder
from locktrace.observe.queues import Queues
from locktrace.snapshots import kinds
from locktrace.wire.events import FOUND, SHARED, TIMED, TRY

WINDOW_TICKS = 20  # of a quarter of a second
_ORDERLESS = TRY | TIMED | FOUND
"""Acquires that close no ring: they give up by themselves, or when they were is not known."""

MAX_ORPHANS = 64
REFRESH_NS = 1_000_000_000  # the traffic is worked out anew no more often

Totals = tuple[int, int, int, int]
"""acquisitions, contended, wait ns, hold ns"""


class Chronicle:
    """One process's past, as far as it has been observed; `view` is what detectors are given."""

    def __init__(self) -> None:
        self._order = LockOrder()
        self._queues = Queues()
        self._contention = ContentionSites()
        self._answers: set[int] = set()
        self._names: dict[int, Lock] = {}
        self._orphans: deque[tuple[Hold, Lock]] = deque(maxlen=MAX_ORPHANS)
        self._orphaned = 0
        self._since_ns = 0
        self._ticks: deque[tuple[int, dict[int, Totals]]] = deque(maxlen=WINDOW_TICKS)
        self._view = History()
        self._seen: object = None

    # -- locks

    def define(self, lock: Lock, parent: Lock | None) -> None:
        self._order.define(lock, parent)
        if kinds.is_signal(lock) or kinds.is_answer(lock):
            self._answers.add(lock.id)

    def forget(self, lock: int, known: Lock | None) -> None:
        """`lock` is gone, `known` as it was; what it has shown stays, and its name with that."""
        if known is not None and (lock in self._order.spoken or lock in self._queues.spoken):
            self._names[lock] = known
        self._answers.discard(lock)
        self._order.forget(lock)
        self._queues.forget(lock)
        self._contention.forget(lock)

    def orphaned(self, hold: Hold, lock: Lock) -> None:
        """`lock` is gone while `hold` lasts."""
        self._orphaned += 1
        self._orphans.append((hold, lock))

    # -- events: the observer's hot path

    def acquired(self, hold: Hold, flags: int) -> None:
        if flags & SHARED:
            self._queues.let_in(hold)
        self._order.begin(hold, not flags & _ORDERLESS)

    def released(self, hold: Hold, at_ns: int) -> None:
        wanted_ns = self._queues.wanted_since(hold.lock)
        if wanted_ns:
            self._contention.held(hold, wanted_ns, at_ns)
        self._order.end(hold)

    def waiting(self, wait: Wait) -> None:
        self._queues.begin(wait)

    def waited(self, wait: Wait, at_ns: int) -> None:
        answer = wait.lock in self._answers
        held = self._order.held_by(wait.actor) if answer else []
        self._queues.end(wait, at_ns, held, answer)
        if not answer:
            self._contention.waited(wait, at_ns)

    def left_behind(self, hold: Hold) -> None:
        """The function of `hold` has returned: what comes now is not nested in it."""
        self._order.end(hold)

    def keep_actors(self, known: Container[int]) -> None:
        """The others have ended and hold nothing."""
        self._order.keep_actors(known)

    # -- pictures

    def restart(self, holds: Iterable[Hold], waits: Iterable[Wait], now_ns: int) -> None:
        """All holds and waits have been told anew."""
        self._since_ns = self._since_ns or now_ns
        self._order.restart(sorted(holds, key=lambda hold: hold.since_ns))
        self._queues.restart(sorted(waits, key=lambda wait: wait.since_ns))

    def tick(self, now_ns: int, totals: dict[int, Totals]) -> None:
        """The totals of the locks that changed since the last tick."""
        self._ticks.append((now_ns, totals))

    def view(self, now_ns: int, lost: int) -> History:
        """The same object as before if nothing has changed."""
        seen = (
            self._order.version,
            self._queues.version,
            self._contention.version,
            tuple(self._queues.overtaken.items()),
            len(self._queues.lenient),
            len(self._names),
            self._orphaned,
            lost,
            now_ns // REFRESH_NS,
        )
        if seen != self._seen:
            self._seen = seen
            self._view = self._freeze(lost)
        return self._view

    def _freeze(self, lost: int) -> History:
        return History(
            since_ns=self._since_ns,
            lost=lost,
            full=self._order.full or self._queues.full or self._contention.full,
            nestings=self._order.nestings(),
            rereadings=self._order.rereadings(),
            blockings=self._queues.blockings(),
            overtaken=dict(self._queues.overtaken),
            lenient=frozenset(self._queues.lenient),
            traffic=self._traffic(),
            contention=self._contention.view(),
            names={lock.id: lock for _, lock in self._orphans} | self._names,
            orphans=tuple(hold for hold, _ in self._orphans),
        )

    def _traffic(self) -> Mapping[int, Traffic]:
        if len(self._ticks) < 2:
            return {}
        started, now = self._ticks[0][0], self._ticks[-1][0]
        first: dict[int, Totals] = {}
        last: dict[int, Totals] = {}
        for _, totals in self._ticks:
            for lock, row in totals.items():
                first.setdefault(lock, row)
                last[lock] = row
        return {
            lock: Traffic(now - started, *(b - a for a, b in zip(first[lock], row, strict=True)))
            for lock, row in last.items()
        }
