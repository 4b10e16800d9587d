"""What was suppressed in a run, and which suppressions nothing needed; of xdist's workers too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from locktrace.errors import LocktraceError
from locktrace.testing.witness import Witness
from locktrace.wording import count

_KEY = "locktrace_suppressed"


class Sum:
    """Of all processes that run tests: what one of them has needed is needed."""

    def __init__(
        self,
        number: int = 0,
        unused: Mapping[str, str] | None = None,
        needed: frozenset[str] = frozenset(),
    ) -> None:
        self._number = number
        self._unused = dict(unused or {})
        self._needed = needed

    @classmethod
    def of(cls, witness: Witness) -> Sum:
        """Of this process; nothing is unused where its agent cannot tell any more."""
        try:
            unused = witness.unused_suppressions()
        except LocktraceError:
            unused = {}
        return cls(witness.suppressed, unused, witness.suppressions.needed)

    @classmethod
    def handed_over(cls, output: Mapping[str, Any]) -> Sum:
        """What a worker has left for the controller; nothing if it has crashed."""
        number, unused, needed = output.get(_KEY, (0, {}, ()))
        return cls(number, unused, frozenset(needed))

    def hand_over(self, config: pytest.Config) -> None:
        """In a worker: leave it for the controller."""
        output = getattr(config, "workeroutput", None)
        if output is not None:
            output[_KEY] = (self._number, self._unused, sorted(self._needed))

    def add(self, other: Sum) -> None:
        self._number += other._number
        self._unused.update(other._unused)
        self._needed |= other._needed

    def tell(self, terminal: Any) -> None:
        """In the summary at the end, if there is anything to say."""
        said = [f"{count(self._number, 'finding')} suppressed"] if self._number else []
        said += [text for name, text in self._unused.items() if name not in self._needed]
        if said:
            terminal.section("locktrace")
            for sentence in said:
                terminal.line(sentence)
