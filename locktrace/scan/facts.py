"""What one function tells the others, in plain records that travel between processes."""

from __future__ import annotations

from dataclasses import dataclass

from locktrace.scan.paths import Alternatives
from locktrace.scan.records import Finding, Listed, LockRef


@dataclass(frozen=True, slots=True)
class Holding:
    """A lock that is held at some point: since ``line``; ``always``: on every path that leads
    there.

    ``scoped``: taken by a `with`, so nobody else can give it back meanwhile.
    """

    lock: LockRef
    mode: str
    line: int
    always: bool
    scoped: bool


@dataclass(frozen=True, slots=True)
class Acquired:
    """A blocking acquire and what is held there already."""

    lock: LockRef
    mode: str
    line: int
    held: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a function of the project; ``args`` are its parameters and what they are here.

    ``let_go`` are the keys of locks that the caller's caller may hold and that are released here.
    """

    callee: str
    line: int
    args: tuple[tuple[str, str], ...] = ()
    held: tuple[Holding, ...] = ()
    let_go: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Blocked:
    """A call that blocks; ``own`` is the key of the lock that it lets go meanwhile (a
    Condition's).
    """

    note: str
    line: int
    held: tuple[Holding, ...] = ()
    own: str = ""


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """``back``: the ways it comes back; ``inside``: what is held at its `yield`, for a context
    manager.

    ``given_back`` and ``taken`` are the ids of locks that it releases without having acquired
    them, or returns holding; ``touched`` of all that it acquires in any way.
    """

    id: str
    file: str
    qualname: str
    line: int
    acquired: tuple[Acquired, ...] = ()
    called: tuple[Called, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    back: Alternatives = ()
    inside: Alternatives = ()
    given_back: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    touched: frozenset[str] = frozenset()
    handlers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding that stands unless the rest of the project explains it.

    It falls if somebody gives back a lock of ``unless_given_back``, returns holding one of
    ``unless_taken``, acquires one of ``unless_acquired`` in any way, or calls this function
    while holding the lock ``unless_called_holding``.
    """

    finding: Finding
    unless_given_back: frozenset[str] = frozenset()
    unless_taken: frozenset[str] = frozenset()
    unless_acquired: frozenset[str] = frozenset()
    unless_called_holding: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class FunctionResult:
    facts: FunctionFacts
    drafts: tuple[Draft, ...] = ()
    listing: tuple[Listed, ...] = ()
