"""Names of locks that are older than the agent: how the code that uses them gets at them.

In the words that `agent.names` uses for those whose making was seen: `Server.table_lock`,
`app.cache_lock`, `main.lock`.
"""

from __future__ import annotations

import os
from types import CodeType, FrameType, ModuleType

from locktrace.agent.arrival.depths import depths
from locktrace.agent.arrival.paths import Path, resolve, uses
from locktrace.agent.arrival.slots import Slots
from locktrace.agent.names import is_passed_through

MOST_STEPS = 4  # from a part to the whole that the program knows


def name_used_at(
    frame: FrameType, offset: int, methods: frozenset[str], slots: Slots, steps: int = MOST_STEPS
) -> str:
    """What the object is called whose method is called at `offset`, caches included; or nothing.

    A part of a primitive of the standard library is called after the whole: `Server.jobs.mutex`.
    """
    order = depths(frame.f_code).order(offset)
    path = next((u.path for u in uses(frame.f_code, methods) if u.order == order), None)
    if path is None:
        return ""
    caller = frame.f_back
    if caller is not None and is_passed_through(frame.f_code) and steps:
        whole = name_used_at(caller, caller.f_lasti, methods, slots, steps - 1)
        if whole and path.attributes[-1:] == ("_semlock",):
            return whole  # what the classes of `multiprocessing` are made of
        if whole:
            return ".".join((whole, *path.attributes[-1:]))
    return name_of(path, frame, slots)


def name_in(code: CodeType, path: Path) -> str:
    """As `name_of`, of code alone: what `self` is then says the class that the method is in."""
    first = code.co_varnames[0] if code.co_argcount else ""
    if path.is_global:
        stem = os.path.splitext(os.path.basename(code.co_filename))[0]
        return "" if path.attributes else f"{stem}.{path.root}"
    if not path.attributes:
        return f"{_scope(code, path.root)}.{path.root}".lstrip(".")
    parts = _parts(code.co_qualname)[:-1]
    if path.root != first or len(path.attributes) != 1 or not parts:
        return ""
    return ".".join((*parts[-2:], *path.attributes))


def name_of(path: Path, frame: FrameType, slots: Slots) -> str:
    """A name for the object at `path`."""
    if path.attributes:
        owner = resolve(path, frame, slots, steps=len(path.attributes) - 1)
        return f"{_title(owner)}.{path.attributes[-1]}" if owner is not None else ""
    if path.is_global:
        return f"{_module(frame)}.{path.root}".lstrip(".")
    return f"{_scope(frame.f_code, path.root)}.{path.root}".lstrip(".")


def _title(owner: object) -> str:
    if type(owner) is ModuleType:
        return str(owner.__dict__.get("__name__", "")).rpartition(".")[2]
    cls = owner if isinstance(owner, type) else type(owner)
    name = type.__dict__["__qualname__"].__get__(cls)
    return ".".join(_parts(name)[-2:])


def _module(frame: FrameType) -> str:
    name = frame.f_globals.get("__name__")
    if isinstance(name, str) and name != "__main__":
        return name.rpartition(".")[2]
    return os.path.splitext(os.path.basename(frame.f_code.co_filename))[0]


def _scope(code: CodeType, variable: str) -> str:
    """The function that a variable belongs to: an outer one, if it is free in this one."""
    parts = _parts(code.co_qualname)
    if variable in code.co_freevars:
        parts.pop()
    return ".".join(parts[-2:])


def _parts(qualname: str) -> list[str]:
    return qualname.replace("<locals>.", "").split(".")
