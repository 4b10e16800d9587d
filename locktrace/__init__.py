"""locktrace: who holds the lock, who waits for it, since when, and why it is never let go.

In a program::

    import locktrace

    locktrace.install()                      # or LOCKTRACE=1, or `locktrace run`
    locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))
    with locktrace.label("query beta.example. A"):
        ...
"""

from __future__ import annotations

from locktrace.agent.labels import label
from locktrace.agent.primitives.rwlock import RWLockSpec
from locktrace.agent.switch import AGENT, VERSION

__all__ = ["__version__", "install", "label", "register_rwlock", "uninstall"]
__version__ = VERSION


def install() -> None:
    """Trace the locks of this process from now on. Calling it again changes nothing."""
    AGENT.install()


def uninstall() -> None:
    """Stop tracing and put everything back as it was."""
    AGENT.uninstall()


def register_rwlock(
    cls: type,
    *,
    read: tuple[str, str],
    write: tuple[str, str],
    try_read: str | None = None,
    try_write: str | None = None,
) -> None:
    """Trace read-write locks of class `cls`.

    `read` and `write` name the (acquire, release) methods of each mode; `try_read` and
    `try_write` name the methods that take the mode without waiting and return whether they
    did. May be called before or after `install`. TypeError if `cls` has no such method.
    """
    AGENT.register(RWLockSpec(cls, read, write, try_read, try_write))
