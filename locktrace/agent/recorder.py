"""The contract between the primitives, which see lock operations, and a core, which records them.

There are two cores: Python (`python_core`) and C (`csrc`). A primitive knows only this file.
What the publisher reads out of a core is the other contract, `reading`.

The order is part of the contract, because it is what keeps the ledger true without a lock:

- try the real acquire without blocking first; on success call `acquired`;
- otherwise call `waiting` before blocking and `waited` after, whatever came of it, then
  `acquired` when the lock was got;
- call `released` *before* the real release, and `restore` if the real release then failed;
- `frame` is the caller's frame, the tracer's own left out; None where there is none;
- `actor` says who acts if it is not the calling thread. What a task holds is left behind when
  it has ended, not when a function returns. What a thread holds without a frame, or is said
  to hold by another, ends with it.

No method raises for what the target does, blocks, takes a lock or logs. An exception that
does come out of one is the tracer's own fault or arrived from a signal handler: see `faults`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple, Protocol

from locktrace.agent.ledger import Label

# Opaque to the primitives; each core has its own, and ignores those of the other.
Entry = Any
Hold = Any
Wait = Any
Actor = Any
Scope = Any


class Usual(NamedTuple):
    """The usual case of a traced method: called with the lock alone, which needs no waiting.

    `original` takes the lock if it is free and says whether it did, or gives it back; `argument`
    is what it gets besides the lock, None for nothing. `gives` is what an acquire returns that
    succeeds, NotImplemented for a release. `rows` has the entries: id of the lock -> row. With
    `timed` a keyword `timeout` may come, which changes nothing where the lock is free.
    """

    original: Callable[..., Any]
    rows: dict[int, Any]
    gives: object
    argument: object
    shared: bool
    timed: bool = False


class UsualWait(NamedTuple):
    """The usual case of a traced method that waits: called with the lock and perhaps a time-out.

    `rows` as for `Usual`. `owners` says on whose behalf a function waits: id of its code -> rows
    of what its first variable is, None where only Python can say, () for one that passes it on.
    """

    original: Callable[..., Any]
    rows: dict[int, Any]
    owners: dict[int, dict[int, Any] | tuple[()] | None]


class UsualMaking(NamedTuple):
    """The usual case of a traced constructor: of an object that has no row yet.

    `rows` as for `Usual`; `kind` and `quiet` as for `Recorder.create`. What functions with a code
    in `hidden_from` make is not traced.
    """

    original: Callable[..., Any]
    rows: dict[int, Any]
    kind: str
    quiet: bool
    hidden_from: dict[int, CodeType]


class UsualBuilding(NamedTuple):
    """A method in which an object of `rows` makes inner locks."""

    original: Callable[..., Any]
    rows: dict[int, Any]


class UsualWork(NamedTuple):
    """A method in which a thread works on the attribute `item`, which it holds meanwhile.

    A row is (entry, anything, parent or None); of the parent the worker has a share.
    """

    original: Callable[..., Any]
    rows: dict[int, Any]
    item: str


AnyUsual = Usual | UsualWait | UsualMaking | UsualBuilding | UsualWork


class Recorder(Protocol):
    """What a core offers to the primitives."""

    def create(self, kind: str, frame: FrameType | None, quiet: bool = False, /) -> Entry | None:
        """A new lock of `kind`; `frame` is None when it existed before tracing began.

        Observers are not told of a `quiet` one before somebody waits for it, or holds it for
        long. None for a lock that is not to be traced.
        """
        ...

    def acquired(
        self, entry: Entry, shared: bool, frame: FrameType | None, actor: Actor = None, /
    ) -> None:
        """The calling thread, or `actor`, now holds the lock."""
        ...

    def attempting(self, manner: int, /) -> None:
        """The acquire that the calling thread tells next gives up by itself.

        `manner` is TIMED or TRY of `wire.events`; what gives up closes no ring of waits.
        """
        ...

    def acquired_again(self, entry: Entry, frame: FrameType | None, depth: int, /) -> None:
        """As `acquired` for a lock that its holder may take again, taken `depth` times at once."""
        ...

    def released(self, entry: Entry, shared: bool, actor: Actor = None, /) -> Hold | None:
        """It is about to be released; the hold that ends, None if none is known."""
        ...

    def released_again(self, entry: Entry, depth: int, /) -> Hold | None:
        """As `released`, undoing `depth` levels of `acquired_again`; None while some remain."""
        ...

    def restore(self, entry: Entry, hold: Hold | None, /) -> None:
        """The release that `hold` was given up for has failed: put it back."""
        ...

    def waiting(
        self,
        entry: Entry,
        shared: bool,
        timed: bool,
        frame: FrameType | None,
        actor: Actor = None,
        /,
    ) -> Wait:
        """The calling thread, or `actor`, is about to block; `timed` if it gives up by itself."""
        ...

    def waited(self, wait: Wait, /) -> None:
        """That wait is over, with the lock or without."""
        ...

    def build(self, entry: Entry | None, /) -> Scope:
        """Locks that the calling thread creates until `built` are inner locks of `entry`.

        None: of nothing; `ledger.HIDDEN`: they are not traced.
        """
        ...

    def built(self, scope: Scope, /) -> None:
        """What `build` began is over. Greenlets of one thread do not end in turn."""
        ...

    def building(self) -> Entry | None:
        """What `build` was told last of what is not over."""
        ...

    def relabel(self, text: str, actor: Actor = None, /) -> Label:
        """Give the calling thread, or `actor`, a label; returns the one it had."""
        ...

    def put_label(self, label: Label, actor: Actor = None, /) -> None:
        """Give the calling thread, or `actor`, a label that it has had before."""
        ...

    def thread(self, ident: int, native_id: int, /) -> Actor:
        """The living thread of these ids, whether it has touched a lock yet or not."""
        ...

    def task(self, name: str, ident: int, native_id: int, /) -> Actor:
        """A new task, which that thread runs."""
        ...

    def finished(self, actor: Actor, /) -> None:
        """That task is done."""
        ...

    def id_of(self, actor: Actor, /) -> int:
        """Its number on the wire."""
        ...

    def call(self, lock: Any, name: str, /) -> None:
        """Name a lock, given by itself or by its entry, where its making does not say it."""
        ...

    def quicken(self, whole: Any, usual: AnyUsual, /) -> Any:
        """What is to stand in the class for the traced method `whole`; it may be quicker."""
        ...
