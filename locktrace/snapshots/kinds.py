"""What the kinds of locks have in common. A kind may carry its module: ``asyncio.Event``."""

from __future__ import annotations

import re

from locktrace.model import SIGNAL_KINDS, Lock

_ANSWERS = frozenset(
    {"Thread", "Process", "Future", "Executor", "Queue", "Barrier", "Task", "Tasks"}
)
_READERS_FIRST = frozenset({"RWLockRead", "RWLockReadD", "ReaderWriterLock"})
"""Of readerwriterlock (reader priority) and of fasteners, where, as in aiorwlock, a reader may
read again."""

_NUMBER = re.compile(r" #\d+$")


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
    return is_ordered(lock)


def is_ordered(lock: Lock) -> bool:
    """Whether it matters in which order it and others are taken: whether its holder locks out."""
    return not is_signal(lock) and not is_semaphore(lock) and not is_answer(lock)


def is_answer(lock: Lock) -> bool:
    """Whether waiting for it is waiting until others have done something: ended, put, answered."""
    family = _family(lock)
    return family in _ANSWERS or family.endswith("Queue")


def is_process(lock: Lock) -> bool:
    """Whether it stands for a process that somebody joins."""
    return _family(lock) == "Process"


def is_future(lock: Lock) -> bool:
    """Whether it stands for the result of work given to others."""
    return _family(lock) == "Future"


def is_executor(lock: Lock) -> bool:
    """Whether it stands for a pool; its holds are the workers that are busy."""
    return _family(lock) == "Executor"


def is_own(lock: Lock) -> bool:
    """Whether its holder is the very thing that is waited for: it holds itself until it ends."""
    return _family(lock) in {"Thread", "Process"} or is_task(lock)


def is_task(lock: Lock) -> bool:
    """Whether it stands for one or several tasks of asyncio, which hold it until they are done."""
    return lock.kind in {"asyncio.Task", "asyncio.Tasks"}


def is_crew(lock: Lock) -> bool:
    """Whether any one of its holders may end the waits for it: by failing, if by nothing else."""
    return lock.kind == "asyncio.Tasks"


def prefers_readers(lock: Lock) -> bool:
    """Whether it is known to let readers in past a waiting writer, or a reader in again."""
    return _family(lock) in _READERS_FIRST or lock.kind == "aiorwlock.RWLock"


def is_asynchronous(lock: Lock) -> bool:
    """Whether waiting for it lets the event loop go on."""
    return lock.kind.startswith(("asyncio.", "aiorwlock."))


def class_name(name: str) -> str:
    """The name that all locks of one line share, without the number that tells them apart."""
    return _NUMBER.sub("", name)


def _family(lock: Lock) -> str:
    return lock.kind.rpartition(".")[2]
