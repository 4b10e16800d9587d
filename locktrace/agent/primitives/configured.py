"""Read-write locks that a project names in its pyproject.toml: LOCKTRACE_RWLOCKS brings them here.

`locktrace.launch.rwlocks` says what the rows have, and has looked at them already.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

from locktrace.agent.primitives.imports import ImportWatch
from locktrace.agent.primitives.rwlock import RWLockSpec


def await_classes(text: str, watch: ImportWatch, register: Callable[[RWLockSpec], None]) -> None:
    """Register each class of `text`, a JSON list, when its module has been imported."""
    for row in json.loads(text):
        module, _, path = row["class"].partition(":")
        watch.when_imported(module, _registration(path, row, register))


def _registration(
    path: str, row: dict[str, str], register: Callable[[RWLockSpec], None]
) -> Callable[[ModuleType], None]:
    def register_from(module: ModuleType) -> None:
        cls: Any = module
        for name in path.split("."):
            cls = getattr(cls, name)
        read = row["read_acquire"], row["read_release"]
        write = row["write_acquire"], row["write_release"]
        register(RWLockSpec(cls, read, write, row.get("try_read"), row.get("try_write")))

    return register_from
