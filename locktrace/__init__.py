"""locktrace: who holds the lock, who waits for it, since when, and why it is never let go.

In a program::

    import locktrace

    locktrace.install()                      # or LOCKTRACE=1, or `locktrace run`
    locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))
    with locktrace.label("query beta.example. A"):
        ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from locktrace.agent.labels import label

__all__ = ["__version__", "install", "label", "register_rwlock", "uninstall"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """The agent is imported when it is used: the command line, which has no locks to trace, starts
    in half the time without it."""
    if name == "label":
        from locktrace.agent.labels import label

        globals()["label"] = label  # from the second time on, nobody asks here
        return label
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def install() -> None:
    """Trace the locks of this process from now on. Calling it again changes nothing."""
    from locktrace.agent.switch import AGENT

    AGENT.install()


def uninstall() -> None:
    """Stop tracing and put everything back as it was."""
    from locktrace.agent.switch import AGENT

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
    from locktrace.agent.primitives.rwlock import RWLockSpec
    from locktrace.agent.switch import AGENT

    AGENT.register(RWLockSpec(cls, read, write, try_read, try_write))
