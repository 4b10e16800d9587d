"""Where contended locks are waited for, and where they are held meanwhile."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from locktrace.model import Contention, Hold, Site, SiteTotal, Wait

MOST_SITES = 64  # of one lock, that are counted
SHOWN_SITES = 3  # of those, in a picture

Tally = dict[Site | None, list[int]]
"""How often and for how long in all (ns), by site."""


class ContentionSites:
    """Fed with the waits of one process that are over, and with the holds that were waited for.

    An uncontended acquire adds nothing, and costs nothing.
    """

    def __init__(self) -> None:
        self.version = 0
        self.full = False
        self._waited: dict[int, Tally] = {}
        self._held: dict[int, Tally] = {}

    def waited(self, wait: Wait, at_ns: int) -> None:
        """`wait` is over."""
        self._add(self._waited, wait.lock, wait.site, at_ns - wait.since_ns)

    def held(self, hold: Hold, wanted_ns: int, at_ns: int) -> None:
        """`hold` is over, and others have wanted its lock since `wanted_ns`."""
        self._add(self._held, hold.lock, hold.site, at_ns - max(hold.since_ns, wanted_ns))

    def forget(self, lock: int) -> None:
        self._waited.pop(lock, None)
        self._held.pop(lock, None)

    def view(self) -> Mapping[int, Contention]:
        """By lock, with the sites that count most."""
        return {
            lock: Contention(_most(waited), _most(self._held.get(lock, {})))
            for lock, waited in self._waited.items()
        }

    def _add(self, tallies: dict[int, Tally], lock: int, site: Site | None, ns: int) -> None:
        tally = tallies.setdefault(lock, {})
        known = tally.get(site)
        if known is None and len(tally) >= MOST_SITES:
            self.full = True
            return
        if known is None:
            known = tally[site] = [0, 0]
        known[0] += 1
        known[1] += max(0, ns)
        self.version += 1


def _most(tally: Tally) -> tuple[SiteTotal, ...]:
    most = heapq.nlargest(SHOWN_SITES, tally.items(), key=lambda item: item[1][1])
    return tuple(SiteTotal(site, times, ns) for site, (times, ns) in most)
