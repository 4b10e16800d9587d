"""The contended locks as a table with the sites below each, and the program's own distribution."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.durations import SHORT_NS, Durations
from locktrace.model import SiteTotal, StallSnapshot
from locktrace.snapshots.contention import Contended, most_contended, spread
from locktrace.snapshots.layout import clip, table, wrap
from locktrace.wording import count, fine_duration, lock_name, where

_HEADS = ("lock", "acquired", "contended", "waited p50", "p99", "max", "held p50", "p99", "max")
_LEAST_NAME = 12
_REST = 74  # cells that the other columns need at most
_MOST_CELL = 10


def contention_lines(stall: StallSnapshot, width: int) -> Iterator[str]:
    """Nothing where nothing was contended."""
    contended = most_contended(stall.snapshot)
    if not contended:
        return
    name = max(_LEAST_NAME, width - _REST)
    rows = [_HEADS, *(_row(stall, each) for each in contended)]
    heads, *lines = table(rows, (name, *[_MOST_CELL] * 8), frozenset(range(1, 9)))
    yield clip(heads, width)
    for line, each in zip(lines, contended, strict=True):
        yield clip(line, width)
        for site in each.sites.waited:
            yield clip(f"    waited for in {_total(site)}", width)
        for site in each.sites.held:
            yield clip(f"    held meanwhile in {_total(site)}", width)
    yield ""
    for sentence in distribution(stall):
        yield from wrap(sentence, width, "  ", first="")


def distribution(stall: StallSnapshot) -> Iterator[str]:
    """From which a person can choose a threshold."""
    held, waited = spread(stall.snapshot)
    for what, lasted, kind in (("holds", held, "long-hold"), ("waits", waited, "stall")):
        if lasted.total:
            yield f"{what}: {_spread(lasted)}{_told_from(stall, kind)}"


def _spread(lasted: Durations) -> str:
    half, most = (_time(lasted.percentile(share)) for share in (0.50, 0.99))
    return f"half under {half}, 99 % under {most}, longest {_longest(lasted)}"


def _told_from(stall: StallSnapshot, kind: str) -> str:
    seconds = stall.thresholds.get(f"{kind}-after")
    if seconds is None:
        return ""
    return f"; {kind} is told from {seconds:g} s on (--threshold {kind}-after=SECONDS)"


def _row(stall: StallSnapshot, contended: Contended) -> tuple[str, ...]:
    lock = contended.lock
    return (
        lock_name(stall.snapshot, lock.id),
        str(lock.acquisitions),
        f"{lock.contended_share:.1%}",
        *_cells(lock.wait_times),
        *_cells(lock.hold_times),
    )


def _cells(lasted: Durations) -> tuple[str, str, str]:
    if not lasted.total:
        return ("", "", "")
    half, most = (_time(lasted.percentile(share)) for share in (0.50, 0.99))
    return (half, most, _longest(lasted))


def _longest(lasted: Durations) -> str:
    """The longest is not kept where all were short."""
    return _time(lasted.longest_ns) if lasted.longest_ns else f"<{_time(SHORT_NS)}"


def _time(ns: int) -> str:
    return fine_duration(ns / 1e9)


def _total(total: SiteTotal) -> str:
    return f"{where(total.site)}: {count(total.times, 'time')}, {_time(total.total_ns)} in all"
