"""What the kinds of locks have in common. A kind may carry its module: ``asyncio.Event``."""

from __future__ import annotations

from locktrace.model import SIGNAL_KINDS, Lock


def is_signal(lock: Lock) -> bool:
    """Whether waiting for it is waiting to be told something (Condition, Event)."""
    return lock.kind in SIGNAL_KINDS or _family(lock) in SIGNAL_KINDS


def is_semaphore(lock: Lock) -> bool:
    """Whether holding it is having a permit, which anybody may give back."""
    return _family(lock).endswith("Semaphore")


def is_reentrant(lock: Lock) -> bool:
    """Whether its holder may take it again."""
    return _family(lock) == "RLock"


def is_read(lock: Lock) -> bool:
    """Whether its shared mode is reading; permits and signals are shared, but nobody reads them."""
    return not is_signal(lock) and not is_semaphore(lock)


def _family(lock: Lock) -> str:
    return lock.kind.rpartition(".")[2]
