"""The kernel's view of a stall snapshot as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from locktrace.kernel_view import Futex, FutexWait, KernelView, ThreadTotals, is_own_wait
from locktrace.model import Gap, Snapshot
from locktrace.snapshots.layout import cells, clip, table, wrap
from locktrace.wording import count, duration, listing, lock_name, plain, who

MOST_ROWS = 30
_HEADS = ("lock", "kind", "waits", "off-CPU", "longest", "then GIL", "half under", "99 % under")
_NUMBERS = frozenset({2, 3, 4, 5, 6, 7})
_INDENT = "  "


def kernel_lines(snapshot: Snapshot, view: KernelView, width: int) -> Iterator[str]:
    """What it rests on, the GIL, the futexes, and per thread what it waited, waits, and wakes."""
    yield from wrap(_about(snapshot, view), width)
    for note in view.notes:
        yield from wrap(note, width)
    yield from wrap(gil_sentence(snapshot, view), width, _INDENT, first="")
    if view.futexes:
        yield ""
        rows = [_HEADS, *(_futex(snapshot, futex) for futex in view.futexes[:MOST_ROWS])]
        yield from _fitted(rows, width)
    parts = {
        "In a futex now": (_waiting(snapshot, wait) for wait in view.waits),
        "Off-CPU by thread": _by_thread(snapshot, view),
        "Who woke whom from long waits": _wakeups(snapshot, view),
    }
    for title, sentences in parts.items():
        lines = list(islice(sentences, MOST_ROWS))
        if lines:
            yield from ("", f"{title}:")
        for line in lines:
            yield from wrap(line, width, _INDENT * 2, first=_INDENT)


def gil_sentence(snapshot: Snapshot, view: KernelView) -> str:
    """Who holds the GIL, as last looked, and who waits for it how much of the time."""
    gil = view.gil
    held = (
        f"held by {who(snapshot, gil.holder, '')}" if gil.holder is not None else "held by nobody"
    )
    parts = [f"{held} when last looked" if gil.looks else "not looked at yet"]
    waiting = [f"{who(snapshot, actor, '')} {share:.0%}" for actor, share in gil.waiting]
    notable = [
        text for text, (_, share) in zip(waiting, gil.waiting, strict=True) if share >= 0.005
    ]
    parts.append(f"waited for by {listing(notable)} of the time" if notable else "nobody waits")
    for actor, looks in gil.held[:1]:
        parts.append(f"most often held by {who(snapshot, actor, '')}, {looks} of {gil.looks} looks")
    return f"GIL: {'; '.join(parts)}"


def _about(snapshot: Snapshot, view: KernelView) -> str:
    seen = duration(snapshot.age(view.since_ns))
    said = f"Seen by {view.engine} for {seen}"
    if snapshot.gaps:
        unknown = listing([gap.value for gap in Gap if gap in snapshot.gaps], most=9)
        said += f"; it cannot know {unknown}"
    else:
        agreed, asked = (
            len(view.confirmed),
            sum(not is_own_wait(wait.id) for wait in snapshot.waits),
        )
        said += f"; {agreed} of the agent's {count(asked, 'wait')} confirmed"
    if view.untold:
        said += f"; {count(view.untold, 'long wait')} not told one by one"
    if view.lost:
        said += f"; {count(view.lost, 'message')} lost"
    return f"{said}."


def _fitted(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """The table, the names getting what the numbers leave."""
    numbers = [max(map(cells, column)) for column in list(zip(*rows, strict=True))[1:]]
    most = max(20, width - sum(numbers) - 2 * len(numbers))
    return [clip(line, width) for line in table(rows, (most, *numbers), _NUMBERS)]


def _futex(snapshot: Snapshot, futex: Futex) -> tuple[str, ...]:
    return (
        lock_name(snapshot, futex.lock),
        futex.kind.value,
        str(futex.waits),
        duration(futex.off_cpu_ns / 1e9),
        duration(futex.longest_ns / 1e9) if futex.longest_ns else "",
        duration(futex.gil_after_ns / 1e9) if futex.gil_after_ns else "",
        _under(futex, 0.5),
        _under(futex, 0.99),
    )


def _under(futex: Futex, part: float) -> str:
    """The bound that this part of the waits, which are over, stayed under."""
    total = sum(number for _, number in futex.lengths)
    passed = 0
    for bound_us, number in futex.lengths:
        passed += number
        if passed >= part * total:
            return f"{bound_us} µs" if bound_us < 1000 else duration(bound_us / 1e6)
    return ""


def _waiting(snapshot: Snapshot, wait: FutexWait) -> str:
    least = "at least " if wait.at_least else ""
    place = f", last on CPU {wait.cpu}" if wait.cpu is not None else ""
    rank = f", priority {wait.priority}" if wait.priority is not None else ""
    age = duration(snapshot.age(wait.since_ns))
    name, lock = who(snapshot, wait.thread), lock_name(snapshot, wait.lock)
    return f"{name} for {lock}, {least}{age}{place}{rank}"


def _by_thread(snapshot: Snapshot, view: KernelView) -> Iterator[str]:
    rows: defaultdict[int, list[ThreadTotals]] = defaultdict(list)
    for row in view.threads:
        rows[row.thread].append(row)
    for thread, totals in rows.items():
        told = [
            f"{lock_name(snapshot, row.lock)} {duration(row.off_cpu_ns / 1e9)} "
            f"({count(row.waits, 'wait')})"
            for row in totals
        ]
        yield f"{who(snapshot, thread)}: {listing(told)}"


def _wakeups(snapshot: Snapshot, view: KernelView) -> Iterator[str]:
    for edge in view.wakeups:
        waker, woken = who(snapshot, edge.waker, ""), who(snapshot, edge.woken, "")
        times = count(edge.count, "time")
        yield plain(f"{waker} -> {woken}: {lock_name(snapshot, edge.lock)}, {times}")
