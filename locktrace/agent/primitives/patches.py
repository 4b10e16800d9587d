"""Replaced attributes, and the way back."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from weakref import getweakrefcount

from locktrace.agent.primitives import tap
from locktrace.agent.recorder import AnyUsual

_MISSING: Any = object()

_kept: list[Any] = []
"""What was put back and is weakly referred to: who has done that takes it for the class's own."""


class Patches:
    """Remembers what each replaced attribute was; `undo` restores those nobody replaced since."""

    def __init__(self) -> None:
        self._done: list[tuple[Any, str, Any, Any]] = []
        self._acts: list[Callable[[], object]] = []

    def replace(self, owner: Any, name: str, replacement: Any) -> None:
        """Set `owner.name`; works on modules and classes."""
        original = vars(owner).get(name, _MISSING)
        self._done.append((owner, name, original, replacement))
        setattr(owner, name, replacement)

    def wrap(
        self,
        owner: type,
        name: str,
        make: Callable[[Any], Callable[..., Any]],
        usual: AnyUsual | None = None,
    ) -> None:
        """Replace a method by `make(original)`, dressed as the original, with its usual case."""
        original = getattr(owner, name)
        whole = functools.wraps(original)(make(original))
        self.replace(owner, name, whole if usual is None else tap.recorder.quicken(whole, usual))

    def on_undo(self, act: Callable[[], object]) -> None:
        """Call `act` when everything is put back."""
        self._acts.append(act)

    def undo(self) -> None:
        """Put everything back, newest first; a child that is forked meanwhile may do it again."""
        for act in reversed(self._acts):
            act()
        _kept[:] = [kept for kept in _kept if getweakrefcount(kept)]
        for replaced in reversed(self._done):
            self._put_back(*replaced)
        self._acts.clear()
        self._done.clear()

    def _put_back(self, owner: Any, name: str, original: Any, replacement: Any) -> None:
        if vars(owner).get(name) is not replacement:
            return  # somebody patched over us; what they call still works, untraced
        if getweakrefcount(replacement) and not isinstance(replacement, type):  # ours stay anyway
            _kept.append(replacement)
        if original is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, original)
