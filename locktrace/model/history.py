"""What events over time have shown, which no single look could."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from locktrace.model.ledger import Hold, Lock, Wait
from locktrace.model.site import Site


@dataclass(frozen=True, slots=True)
class Nesting:
    """``inner`` was taken while its actor held ``outer``: both as they were at the first time.

    ``locks`` are the pairs of locks that were so taken and ``actors`` who did it, the first
    few of each; ``gates`` were held exclusively by the actor every time. The classes number
    what one line of the program makes; of two locks of one class each is a class by itself.
    """

    outer_class: int
    inner_class: int
    outer: Hold
    inner: Hold
    locks: frozenset[tuple[int, int]]
    actors: frozenset[int]
    gates: frozenset[int]
    count: int


@dataclass(frozen=True, slots=True)
class Rereading:
    """An actor took a read lock again that it held for reading: both as they were at first."""

    outer: Hold
    inner: Hold
    count: int


@dataclass(frozen=True, slots=True)
class Blocking:
    """``wait`` was waited by the actor of ``hold`` while another wanted the held lock.

    ``longest_ns`` is how long both lasted together at most, in ``count`` times.
    """

    hold: Hold
    wait: Wait
    longest_ns: int
    count: int


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a lock has been through in the last ``window_ns``, from its totals."""

    window_ns: int
    acquisitions: int
    contended: int
    wait_ns: int
    hold_ns: int


@dataclass(frozen=True, slots=True)
class SiteTotal:
    """How often something came from ``site``, and how long it lasted in all (ns)."""

    site: Site | None
    times: int
    total_ns: int


@dataclass(frozen=True, slots=True)
class Contention:
    """Where a lock was waited for, and where it was held meanwhile: the few sites with the most
    time. Of a hold what counts is the part for which others waited.
    """

    waited: tuple[SiteTotal, ...] = ()
    held: tuple[SiteTotal, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What the events since ``since_ns`` have shown, which no single snapshot could.

    ``lost`` counts events that were dropped meanwhile: what they would have shown is not
    here, but what is here is true. ``full``: there was more than is kept. ``overtaken`` has
    how many readers were let in past a waiting writer, by the id of his wait; ``lenient``
    the locks that let them. ``traffic`` and ``contention`` are by lock.
    ``names`` are of locks that are spoken of here and are gone. ``orphans`` are the latest holds
    that lasted when their lock itself was destroyed: nobody can wait for it any more.
    """

    since_ns: int = 0
    lost: int = 0
    full: bool = False
    nestings: tuple[Nesting, ...] = ()
    rereadings: tuple[Rereading, ...] = ()
    blockings: tuple[Blocking, ...] = ()
    overtaken: Mapping[int, int] = field(default_factory=dict)
    lenient: frozenset[int] = frozenset()
    traffic: Mapping[int, Traffic] = field(default_factory=dict)
    contention: Mapping[int, Contention] = field(default_factory=dict)
    names: Mapping[int, Lock] = field(default_factory=dict)
    orphans: tuple[Hold, ...] = ()


NO_HISTORY: Final[History] = History()
