"""What can run in the middle of any function: finalizers, weakref callbacks, signal handlers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from locktrace.diagnose.ledger import Ledger
from locktrace.model import Hold, Site, Stack, Wait

_CALLBACKS = frozenset(
    {
        ("weakref.py", "finalize.__call__"),
        ("weakref.py", "WeakMethod.__new__.<locals>._cb"),
        ("weakref.py", "WeakKeyDictionary.__init__.<locals>.remove"),
        ("weakref.py", "WeakValueDictionary.__init__.<locals>.remove"),
        ("_weakrefset.py", "WeakSet.__init__.<locals>._remove"),
    }
)


@dataclass(frozen=True, slots=True)
class Interruption:
    """`site`, which is `what` (``a finalizer``), ran in the middle of `interrupted`."""

    what: str
    site: Site
    interrupted: Site


def interruption_of(ledger: Ledger, wait: Wait, hold: Hold) -> Interruption | None:
    """What has interrupted the function that holds, if that is how the waiter came to its wait.

    It stands in the stack between the frame that waits and, further out, the frame that
    holds. Its name tells a finalizer and the callbacks of `weakref`; handlers of signals are
    those that the program has installed.
    """
    stack = _whole_stack(ledger, wait)
    holding = _outermost(stack, hold)
    # What runs on top of the wait, such as the handler of a time-out, has nothing to do with it.
    waiting = stack.index(wait.site) if wait.site in stack else 0
    for position in range(waiting, holding):
        what = _kind_of(ledger, stack[position])
        if what:
            return Interruption(what, stack[position], stack[min(position + 1, holding)])
    return None


def _whole_stack(ledger: Ledger, wait: Wait) -> Stack:
    """The present stack, where it is known and is still at the wait: a recorded one is cut."""
    present = ledger.stack_of(wait.actor)
    return present.frames if present is not None and wait.site in present.frames else wait.stack


def _outermost(stack: Stack, hold: Hold) -> int:
    """The place of the holding frame, 0 if it is not there."""
    if hold.site is None or hold.returned:
        return 0
    place = (hold.site.file, hold.site.function)
    found = [i for i, frame in enumerate(stack) if (frame.file, frame.function) == place]
    return found[-1] if found else 0


def _kind_of(ledger: Ledger, site: Site) -> str:
    if site.function.endswith("__del__"):
        return "a finalizer"
    if (PurePath(site.file).name, site.function) in _CALLBACKS:
        return "a callback of weakref"
    present = ledger.snapshot.present
    handlers = present.handlers if present is not None else None
    if handlers is not None and (site.file, site.function) in handlers:
        return "a signal handler"
    return ""
