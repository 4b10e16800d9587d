"""Where a statement goes when it does not go on: return, raise, break, continue."""

from __future__ import annotations

from collections.abc import Callable


class Exits:
    """Targets by kind. Builders ask for one when they need it, so that what nobody needs is not
    built.
    """

    def __init__(self, outer: Exits | None, targets: dict[str, int]) -> None:
        self._outer = outer
        self._targets = targets

    def to(self, kind: str) -> int:
        target = self._targets.get(kind)
        if target is None:
            if self._outer is None:
                raise SyntaxError(f"'{kind}' outside of what it belongs to")
            return self._outer.to(kind)
        return target


class Through(Exits):
    """Every way out leads first through a copy of a clean-up: a `finally`, or the end of a `with`.

    Each target has its own copy, as in the compiler: what follows a clean-up depends on how
    it was entered.
    """

    def __init__(self, outer: Exits, clean_up: Callable[[int], int]) -> None:
        super().__init__(outer, {})
        self._clean_up = clean_up
        self._copies: dict[int, int] = {}
        self._beyond = outer

    def to(self, kind: str) -> int:
        target = self._beyond.to(kind)
        if target not in self._copies:
            self._copies[target] = self._clean_up(target)
        return self._copies[target]
