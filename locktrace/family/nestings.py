"""The orders in which several processes have taken locks, as those of one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace

from locktrace.model import Lock, Nesting
from locktrace.snapshots import kinds


def joined_nestings(
    nestings: Iterable[tuple[int, Nesting]],
    ids: Mapping[int, int],
    shared: Mapping[int, Lock],
) -> Iterator[Nesting]:
    """`nestings`, each with the number of its process, with classes that are one in all of them.

    What one line makes is a class wherever the lock has come; a lock of one process alone is of
    the class that this process has it in. Two locks of one class are a class each, as ever.
    """
    numbers: dict[Hashable, int] = {}

    def class_of(number: int, own: int, lock: int) -> int:
        known = shared.get(lock)
        name: Hashable = (number, own)
        if own < 0:
            name = lock
        elif known is not None:
            name = (known.kind, kinds.class_name(known.name), known.created_at)
        return numbers.setdefault(name, len(numbers) + 1)

    for number, nesting in nestings:
        outer = replace(nesting.outer, lock=ids.get(nesting.outer.lock, nesting.outer.lock))
        inner = replace(nesting.inner, lock=ids.get(nesting.inner.lock, nesting.inner.lock))
        yield replace(
            nesting,
            outer_class=class_of(number, nesting.outer_class, outer.lock),
            inner_class=class_of(number, nesting.inner_class, inner.lock),
            outer=outer,
            inner=inner,
            locks=frozenset((ids.get(a, a), ids.get(b, b)) for a, b in nesting.locks),
            gates=frozenset(ids.get(gate, gate) for gate in nesting.gates),
        )
