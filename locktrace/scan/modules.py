"""What one module offers the others: its names, classes and functions. Plain records, to be
sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from locktrace.scan.vocabulary import Pair


@dataclass(frozen=True, slots=True)
class Value:
    """What a name stands for: an instance of ``type`` (dotted name of what was called).

    ``element``: the type of what is in it, for a collection. ``inner``: the attribute or
    name that a Condition was made on; ``?`` if that is neither. ``shared``: one for all
    instances of the class.
    """

    type: str
    line: int
    element: str = ""
    inner: str = ""
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """``id`` is ``module.qualname``; ``owner`` the dotted class it is a method of."""

    id: str
    qualname: str
    line: int
    end: int
    params: tuple[str, ...]
    owner: str = ""
    static: bool = False
    annotations: dict[str, str] = field(default_factory=dict)
    is_async: bool = False
    context_manager: bool = False


@dataclass(slots=True)
class Class:
    """``bases`` are dotted names; ``attributes`` come from the body and from ``self.x = …``."""

    name: str
    bases: tuple[str, ...]
    line: int
    attributes: dict[str, Value] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ModuleIndex:
    """One module. ``hints`` are types of arguments, as its own calls give them: (function,
    parameter) -> type.
    """

    name: str
    path: str
    imports: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    rwlocks: dict[str, dict[str, Pair]] = field(default_factory=dict)
    lock_names: set[str] = field(default_factory=set)
