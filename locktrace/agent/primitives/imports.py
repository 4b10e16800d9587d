"""Patches for modules that the program may import later, or never.

A finder at the front of `sys.meta_path` asks the other finders for the modules that somebody
waits for, and has its word when such a module has been executed. The spec, the loader and their
types are those that the program would have got without us.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from locktrace.agent.primitives import tap

Patch = Callable[[ModuleType], None]


class ImportWatch:
    """Calls `patch(module)` for each module that is there or comes, in the order asked for."""

    def __init__(self) -> None:
        self._patches: dict[str, list[Patch]] = {}

    def when_imported(self, name: str, patch: Patch) -> None:
        """Patch module `name`, now if it is there, and each time that it is executed."""
        self._patches.setdefault(name, []).append(patch)
        module = sys.modules.get(name)
        if module is not None and not getattr(module.__spec__, "_initializing", False):
            _apply([patch], module)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Patch no more."""
        self._patches.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the import system asks each finder; the spec that the others have for `name`."""
        if name not in self._patches:
            return None
        spec = self._find_among_others(name, path, target)
        # A loader of this one module; one that several share must not be changed for all.
        if spec is not None and getattr(spec.loader, "name", None) == name:
            self._stand_behind(spec.loader, self._patches[name])
        return spec

    def _find_among_others(
        self, name: str, path: Any, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None) if finder is not self else None
            spec: ModuleSpec | None = find(name, path, target) if find is not None else None
            if spec is not None:
                return spec
        return None

    @staticmethod
    def _stand_behind(loader: Any, patches: list[Patch]) -> None:
        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # what is left is the loader as it was
            loader.exec_module(module)
            _apply(patches, module)

        # The import system takes its own frames out of tracebacks; this one is to go with them.
        exec_module.__code__ = exec_module.__code__.replace(
            co_filename="<frozen importlib._bootstrap>", co_name="_call_with_frames_removed"
        )
        loader.exec_module = exec_module


def _apply(patches: list[Patch], module: ModuleType) -> None:
    for patch in list(patches):
        try:
            patch(module)
        except BaseException as error:
            if not tap.swallow(error):
                raise
