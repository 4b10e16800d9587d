"""The words for durations, numbers, places and names, so that every sentence uses the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from locktrace.model import Actor, Hold, Site, Snapshot, Wait

_UNINFORMATIVE = frozenset({"__init__.py", "__main__.py"})


def duration(seconds: float) -> str:
    """``350 ms``, ``12.3 s``, ``4 min 12 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, secs = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {secs} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def fine_duration(seconds: float) -> str:
    """As `duration`, with ``12 µs`` for what is less than a millisecond."""
    return duration(seconds) if seconds >= 0.001 else f"{round(seconds * 1e6)} \N{MICRO SIGN}s"


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 reader``, ``1284 readers``; `plural` where an s is not enough."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listing(items: Sequence[str], most: int = 3) -> str:
    """``a, b and c``, or ``a, b, c and 9 more`` where there are more than `most` + 1."""
    shown = list(items) if len(items) <= most + 1 else [*items[:most], f"{len(items) - most} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def plain(text: str) -> str:
    """`text` in one line without control characters.

    Names and labels come from the target and at times from its clients (a DNS name in a
    label), so they must not be able to move the cursor of the terminal they are read on.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def short_path(file: str) -> str:
    """The file's name; its folder too where the name alone (``__init__.py``) says nothing."""
    path = PurePath(file)
    name = "/".join(path.parts[-2:]) if path.name in _UNINFORMATIVE else path.name
    return plain(name or file)


def place(site: Site | None) -> str:
    """``filters.py:48``."""
    return f"{short_path(site.file)}:{site.line}" if site else "an unknown place"


def where(site: Site | None) -> str:
    """``V2Filter.lookup (filters.py:48)``."""
    return f"{plain(site.function)} ({place(site)})" if site else "an unknown place"


def taken(hold: Hold) -> str:
    """``taken in V2Filter.lookup (filters.py:48)``."""
    if hold.site is None and hold.found:
        return "taken before tracing began"
    return f"taken in {where(hold.site)}"


def age(snapshot: Snapshot, records: Sequence[Hold] | Sequence[Wait], more: str = "over ") -> str:
    """Of the oldest of `records`: ``3.1 s``, or ``over 3.1 s`` if it was there before the agent."""
    oldest: Hold | Wait = min(records, key=_since)
    return f"{more if oldest.found else ''}{duration(snapshot.age(oldest.since_ns))}"


def _since(record: Hold | Wait) -> int:
    return record.since_ns


def who(snapshot: Snapshot, actor: int, label: str | None = None) -> str:
    """``worker-3 (query beta.example. A)``; `label` instead of the actor's present one if given."""
    known = snapshot.actors.get(actor)
    name = actor_name(known) if known is not None else _forgotten(snapshot)
    named = label if label is not None or known is None else known.label
    return plain(f"{name} ({named})" if named else name)


def actor_name(actor: Actor) -> str:
    """What `actor` is called; ``ended thread 4242`` if it was not known by more than its id."""
    nameless = actor.name == f"thread {actor.native_id}"
    return f"ended {actor.name}" if nameless and actor.ended else actor.name


def _forgotten(snapshot: Snapshot) -> str:
    """Who came and went between two words of the agent, and of whom it could say nothing more."""
    tasks = any(actor.kind == "task" for actor in snapshot.actors.values())
    return "a thread or task that has ended" if tasks else "a thread that has ended"


def waiters(snapshot: Snapshot, records: Sequence[Wait], verb: str, verb_of_many: str) -> str:
    """``1 thread waits``, ``5 tasks wait``, ``6 threads and tasks wait``: who `records` are of."""
    one = parties(snapshot, records)
    many = "threads and tasks" if one == "thread or task" else f"{one}s"
    return count(len(records), f"{one} {verb}", f"{many} {verb_of_many}")


def parties(snapshot: Snapshot, records: Sequence[Wait]) -> str:
    """What one of those is who `records` are of: ``thread``, ``task`` or ``thread or task``."""
    actors = [snapshot.actors.get(record.actor) for record in records]
    tasks = sum(actor is not None and actor.kind == "task" for actor in actors)
    return "thread" if not tasks else "task" if tasks == len(records) else "thread or task"


def lock_name(snapshot: Snapshot, lock: int) -> str:
    """The lock's name; its kind and number where it has none."""
    known = snapshot.locks.get(lock) or snapshot.history.names.get(lock)
    if known is None:
        return f"lock {lock}"
    return plain(known.name or f"{known.kind} {lock}")
