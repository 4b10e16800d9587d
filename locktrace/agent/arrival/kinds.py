"""The locks that can be found: the interpreter's own types, and the compounds of the library."""

from __future__ import annotations

import _thread
import contextlib
import sys
import threading
from collections.abc import Iterable
from types import CodeType, FrameType
from typing import Any, NamedTuple, cast

from locktrace.agent.primitives.rwlock import RWLockSpec

LOCKS: tuple[type, ...] = (_thread.LockType, _thread.RLock)
PROCESS = "multiprocessing.Process"
HANDLES: tuple[type, ...] = tuple(
    found for name in ("_ThreadHandle",) if (found := getattr(_thread, name, None)) is not None
)
"""What `Thread.join` blocks in from 3.13 on."""
IMPORT_LOCK = "ImportLock"
SIMPLE_QUEUE = "SimpleQueue"
FUTURE = "Future"
_MODULE_LOCK: Any = vars(sys.modules["_frozen_importlib"])["_ModuleLock"]
PRIVATE_FILES = frozenset({threading.__file__, _MODULE_LOCK.__init__.__code__.co_filename})
"""What their functions take bare are the locks of waiters."""
TAKES = frozenset({"acquire", "acquire_lock", "__enter__", "_acquire_restore"})


NAMING = TAKES | {"exception", "get", "join", "put", "result", "wait", "wait_for"}
HELD = frozenset({"Lock", "RLock", "Semaphore"})
"""Those, beside read-write locks, that somebody must have if they are waited for."""


def simple_queues() -> tuple[type, ...]:
    """The type of queue whose `get` blocks in C, if it is there."""
    found = vars(sys.modules.get("_queue", object)).get("SimpleQueue")
    return (found,) if isinstance(found, type) else ()


def locks() -> tuple[type, ...]:
    """The types of locks in which a thread may block, that of `multiprocessing` if it is there."""
    semaphores = vars(sys.modules.get("_multiprocessing", object)).get("SemLock")
    return (*LOCKS, semaphores) if isinstance(semaphores, type) else LOCKS


def process_managers() -> tuple[type, ...]:
    """What `multiprocessing` has for `with` blocks: a semaphore in the class around it."""
    found = vars(sys.modules.get("multiprocessing.synchronize", object))
    named = (found.get("SemLock"), found.get("Condition"))
    return tuple(each for each in named if isinstance(each, type))


def semaphore_behind(manager: Any) -> object:
    """The SemLock that such a manager takes; `manager` itself for any other.

    None if this process does not have it: in a forked child some frames are its parent's.
    """
    if not isinstance(manager, process_managers()):
        return manager
    within: Any = vars(manager)
    semaphore: Any = vars(within.get("_lock", manager)).get("_semlock")
    taken = isinstance(semaphore, locks()) and cast("Any", semaphore)._count() > 0
    return semaphore if taken else None


def takes_of(specs: Iterable[RWLockSpec]) -> frozenset[str]:
    """Methods by which read-write locks are taken."""
    named = ((s.read[0], s.write[0], s.try_read, s.try_write) for s in specs)
    return frozenset(name for names in named for name in names if name is not None)


def naming(specs: Iterable[RWLockSpec]) -> frozenset[str]:
    """Methods by whose calls a lock is called what it is called there."""
    return NAMING | takes_of(specs)


class Waiting(NamedTuple):
    """A function of the library that waits: for its first argument, which is of `kind`.

    `permits`: it has one when it comes back. `private`: what it blocks in itself is nobody
    else's business.
    """

    kind: str
    shared: bool
    permits: int = 0
    private: bool = False


def waiting_functions(specs: Iterable[RWLockSpec]) -> dict[CodeType, Waiting]:
    """The functions in whose frames a wait may be found, registered read-write locks included."""
    found = {
        code_of(threading.Condition, "wait"): Waiting("Condition", False),
        code_of(threading.Event, "wait"): Waiting("Event", True),
        code_of(threading.Semaphore, "acquire"): Waiting("Semaphore", True, 1),
        code_of(threading.Barrier, "_wait"): Waiting("Barrier", True),
        code_of(threading.Barrier, "_enter"): Waiting("Barrier", True),
        code_of(threading.Thread, "join"): Waiting("Thread", False),
        code_of(_MODULE_LOCK, "acquire"): Waiting(IMPORT_LOCK, False),
    }
    queue: Any = sys.modules.get("queue")
    for name in ("get", "put", "join") if queue is not None else ():
        found[code_of(queue.Queue, name)] = Waiting("Queue", True)
    futures: Any = sys.modules.get("concurrent.futures._base")
    for name in ("result", "exception") if futures is not None else ():
        found[code_of(futures.Future, name)] = Waiting(FUTURE, True)
    process: Any = sys.modules.get("multiprocessing.process")
    if process is not None:
        found[code_of(process.BaseProcess, "join")] = Waiting(PROCESS, False)
    for spec in specs:
        for (acquire, _), shared in ((spec.read, True), (spec.write, False)):
            found[code_of(spec.cls, acquire)] = Waiting(spec.cls.__name__, shared, 1)
    return {code: waiting for code, waiting in found.items() if code is not None}


def classes(specs: Iterable[RWLockSpec]) -> dict[type, str]:
    """Compound primitives by class, with their kinds."""
    found: dict[type, str] = {
        threading.Condition: "Condition",
        threading.Semaphore: "Semaphore",
        threading.Event: "Event",
        threading.Barrier: "Barrier",
        threading.Thread: "Thread",
    }
    with contextlib.suppress(KeyError, AttributeError):
        found[sys.modules["queue"].Queue] = "Queue"
    with contextlib.suppress(KeyError, AttributeError):
        found[sys.modules["concurrent.futures._base"].Future] = "Future"
    found.update((spec.cls, spec.cls.__name__) for spec in specs)
    return found


def is_private(frame: FrameType) -> bool:
    """Whether the locks that `frame` blocks in are nobody else's business."""
    return frame.f_code in (
        code_of(threading.Condition, "wait"),
        code_of(threading.Thread, "_wait_for_tstate_lock"),
        code_of(_MODULE_LOCK, "acquire"),
    )


def code_of(cls: type, name: str) -> CodeType | None:
    """The code of a method as the class wrote it, under whatever has been put over it."""
    function: Any = vars(cls).get(name)
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None
