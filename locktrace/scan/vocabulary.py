"""What the scanner knows by name: primitives, read-write pairs, blocking and harmless calls."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Primitive:
    """A type of lock. ``reentrant`` None means that it is not known; ``counting``: a semaphore."""

    kind: str
    family: str = "threading"
    reentrant: bool | None = False
    counting: bool = False
    condition: bool = False
    signal: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A method of a read-write lock: ``action`` is acquire, try or release; ``mode`` as in the
    model.
    """

    action: str
    mode: str


UNKNOWN = Primitive("lock", family="unknown", reentrant=None)
"""Something that is called like a lock and used like one; its type is not known."""

_FAMILIES = {
    "threading": ("threading", "_thread", "dummy_threading", "_dummy_thread"),
    "multiprocessing": ("multiprocessing", "multiprocessing.synchronize"),
    "asyncio": ("asyncio", "asyncio.locks", "locks"),
}
_SHAPES = {
    "Lock": {"reentrant": False},
    "RLock": {"reentrant": True},
    "Condition": {"reentrant": True, "condition": True},
    "Semaphore": {"reentrant": True, "counting": True},
    "BoundedSemaphore": {"reentrant": True, "counting": True},
    "Event": {"signal": True},
    "Barrier": {"signal": True},
}


def _primitives() -> dict[str, Primitive]:
    table = {}
    for family, modules in _FAMILIES.items():
        for kind, shape in _SHAPES.items():
            name = kind if family == "threading" else f"{family}.{kind}"
            made = dict(shape)
            if family == "asyncio" and kind == "Condition":
                made["reentrant"] = False
            for module in modules:
                table[f"{module}.{kind}"] = Primitive(name, family, **made)
    lock, rlock = table["threading.Lock"], table["threading.RLock"]
    for name in ("_thread.allocate_lock", "_thread.allocate", "threading._allocate_lock"):
        table[name] = lock
    table["_thread.LockType"] = lock
    for name in ("threading._RLock", "threading._PyRLock", "threading._CRLock"):
        table[name] = rlock
    table["fasteners.InterProcessLock"] = Primitive("InterProcessLock", "fasteners")
    return table


PRIMITIVES = _primitives()
PRIMITIVE_NAMES = frozenset(_SHAPES)

_STRONG_READ = (
    ("r_lock", "r_unlock"),
    ("rlock", "runlock"),
    ("acquire_read", "release_read"),
    ("read_acquire", "read_release"),
    ("acquire_read_lock", "release_read_lock"),
    ("reader_acquire", "reader_release"),
    ("lock_read", "unlock_read"),
    ("read_lock", "read_unlock"),
    ("lock_shared", "unlock_shared"),
    ("acquire_shared", "release_shared"),
)
_STRONG_WRITE = (
    ("w_lock", "w_unlock"),
    ("wlock", "wunlock"),
    ("acquire_write", "release_write"),
    ("write_acquire", "write_release"),
    ("acquire_write_lock", "release_write_lock"),
    ("writer_acquire", "writer_release"),
    ("lock_write", "unlock_write"),
    ("write_lock", "write_unlock"),
    ("lock_exclusive", "unlock_exclusive"),
    ("acquire_exclusive", "release_exclusive"),
)
_WEAK_READ = (("RLock", "RUnlock"),)
_WEAK_WRITE = (("lock", "unlock"), ("Lock", "Unlock"))


def rw_methods(
    read: tuple[str, str],
    write: tuple[str, str],
    try_read: str | None = None,
    try_write: str | None = None,
) -> dict[str, Pair]:
    """The methods of a read-write lock class by name."""
    methods = {
        read[0]: Pair("acquire", "shared"),
        read[1]: Pair("release", "shared"),
        write[0]: Pair("acquire", "exclusive"),
        write[1]: Pair("release", "exclusive"),
    }
    if try_read:
        methods[try_read] = Pair("try", "shared")
    if try_write:
        methods[try_write] = Pair("try", "exclusive")
    return methods


def _strong() -> dict[str, Pair]:
    table: dict[str, Pair] = {}
    for mode, pairs in (("shared", _STRONG_READ), ("exclusive", _STRONG_WRITE)):
        for acquire, release in pairs:
            table[acquire] = Pair("acquire", mode)
            table[release] = Pair("release", mode)
            table[f"try_{acquire}"] = Pair("try", mode)
    return table


STRONG_METHODS = _strong()
"""Names that say a mode by themselves, whatever they are called on."""


def rw_methods_of(defined: frozenset[str]) -> dict[str, Pair] | None:
    """The pairs of a class that defines the methods `defined`; None unless it has both modes."""
    reads = _STRONG_READ + _WEAK_READ
    read = next((p for p in reads if p[0] in defined and p[1] in defined), None)
    writes = _STRONG_WRITE + _WEAK_WRITE
    write = next((p for p in writes if p[0] in defined and p[1] in defined), None)
    if read is None or write is None:
        return None
    tries = (f"try_{read[0]}", f"try_{write[0]}")
    return rw_methods(read, write, *(name if name in defined else None for name in tries))


_FASTENERS = {
    **rw_methods(
        ("acquire_read_lock", "release_read_lock"), ("acquire_write_lock", "release_write_lock")
    ),
}
KNOWN_RWLOCKS: dict[str, dict[str, Pair]] = {
    "fasteners.ReaderWriterLock": _FASTENERS,
    "fasteners.InterProcessReaderWriterLock": _FASTENERS,
    "aiorwlock.RWLock": {},
    **{
        f"readerwriterlock.rwlock.RWLock{fair}{down}": {}
        for fair in ("Fair", "Read", "Write")
        for down in ("", "D")
    },
}
RW_VIEWS = {
    "read_lock": "shared",
    "gen_rlock": "shared",
    "reader": "shared",
    "reader_lock": "shared",
    "write_lock": "exclusive",
    "gen_wlock": "exclusive",
    "writer": "exclusive",
    "writer_lock": "exclusive",
}
"""Attributes and methods of the known read-write locks that give a lock of one mode."""

SMELLS = re.compile(
    r"(?:^|_)(?:[rw]_?)?(?:locks?|LOCK|mutex|sem|semaphore|cond|condition|monitor)(?:_|$|\d)|[a-z](?:Lock|Mutex)$|^(?:big|my)lock$",
)
"""Names that people give to locks."""

WORDS = tuple(
    b"Lock lock LOCK utex emaphore Condition cquire .release Event( Barrier( signal.signal".split()
)
"""A file without any of these has no lock in it. Plain words are quicker than a pattern."""

HINTS = re.compile(
    r"ock|cquire|elease|LOCK|utex|[cC]ond|emaphore|sem|Event\(|Barrier\(|signal\.signal"
)
"""A line without any of these has no `LINE_WORDS`; looking for them in a whole text is quick."""

LINE_WORDS = re.compile(
    r"(?<![A-Za-z])(?:[rw]_?)?(?:un)?[lL]ock(?![a-z])|[a-z]Lock\b|RLock\b|(?<![A-Z])LOCK(?![A-Z])"
    r"|[mM]utex|Semaphore|(?<![a-z])sem(?:aphore)?\b|(?<![A-Za-z])[cC]ond(?:ition)?\b"
    r"|\bacquire|\.release\b|\brelease_|\bEvent\(|\bBarrier\(|signal\.signal\("
    r"|allocate_lock"
)
"""A function without any of these has no lock in it, but for names of the project's own."""

LOCK_USE = re.compile(
    r"(?:[lL]ock|Condition|Semaphore|utex|Event|Barrier)\s*\(|\.(?:acquire|release)\b"
    r"|\bwith\b|[=:,].*(?:Lock|Condition|Semaphore)\b|import.*(?:Lock|Condition|Semaphore)"
    r"|\.(?:notify\w*|wait|wait_for|locked)\(|acquire\w*\(|release\w*\(|signal\.signal\("
    r"|(?:[lL]ock|LOCK|utex)\w*(?:\.\w+)?\("
)
"""A line of a file, and of a function, must look like this besides: prose does not."""

BLOCKING = {
    "time.sleep": "sleeps",
    "select.select": "waits for I/O",
    "input": "waits for a person",
    "os.wait": "waits for a process",
    "os.waitpid": "waits for a process",
    "os.system": "runs a process",
    "subprocess.run": "runs a process",
    "subprocess.call": "runs a process",
    "subprocess.check_call": "runs a process",
    "subprocess.check_output": "runs a process",
    "subprocess.getoutput": "runs a process",
    "urllib.request.urlopen": "does network I/O",
    "socket.create_connection": "does network I/O",
    "socket.getaddrinfo": "does network I/O",
    "socket.gethostbyname": "does network I/O",
    "requests.get": "does network I/O",
    "requests.post": "does network I/O",
    "requests.request": "does network I/O",
    "concurrent.futures.wait": "waits for futures",
    "signal.pause": "waits for a signal",
    "signal.sigwait": "waits for a signal",
}
"""Calls that block, and what they do."""

BLOCKING_METHODS = {
    "threading.Thread": {"join": "waits for a thread"},
    "multiprocessing.Process": {"join": "waits for a process"},
    "queue.Queue": {"get": "waits for an item", "join": "waits for the consumers"},
    "queue.LifoQueue": {"get": "waits for an item", "join": "waits for the consumers"},
    "queue.PriorityQueue": {"get": "waits for an item", "join": "waits for the consumers"},
    "queue.SimpleQueue": {"get": "waits for an item"},
    "multiprocessing.Queue": {"get": "waits for an item"},
    "multiprocessing.JoinableQueue": {
        "get": "waits for an item",
        "join": "waits for the consumers",
    },
    "subprocess.Popen": {"wait": "waits for a process", "communicate": "waits for a process"},
    "socket.socket": {
        "accept": "does network I/O",
        "recv": "does network I/O",
        "recvfrom": "does network I/O",
        "recv_into": "does network I/O",
        "sendall": "does network I/O",
        "connect": "does network I/O",
    },
    "concurrent.futures.ThreadPoolExecutor": {"shutdown": "waits for its workers"},
    "concurrent.futures.ProcessPoolExecutor": {"shutdown": "waits for its workers"},
}
"""Methods that block, by the type they are called on."""

STARTERS = frozenset({"threading.Thread.start", "multiprocessing.process.BaseProcess.start"})
"""Methods that wait for a moment only, as everybody knows."""

CALM_CALLS = frozenset(
    {
        "len", "isinstance", "issubclass", "id", "bool", "set", "dict", "list",
        "frozenset", "tuple", "object", "time.time", "time.monotonic",
        "time.perf_counter", "time.time_ns", "time.monotonic_ns", "get_ident",
        "threading.get_ident", "_thread.get_ident", "_get_ident", "os.getpid",
        "threading.current_thread", "current_thread", "type", "callable", "hash",
        "repr", "max", "min", "print", "deque", "collections.deque", "_time", "_deque",
    }
)  # fmt: skip
"""Calls that do not raise in practice."""

CALM_METHODS = frozenset(
    {
        "append", "appendleft", "clear", "discard", "add", "extend", "copy", "keys",
        "values", "items", "notify", "notify_all", "notifyAll", "locked", "is_set",
        "isSet", "setdefault", "empty", "full", "qsize", "cancelled", "done",
        "is_alive", "startswith", "endswith", "union", "update", "_is_owned", "debug",
        "info", "warning",
    }
)  # fmt: skip
"""Methods that do not raise in practice, whatever they are called on."""

SWALLOWERS = re.compile(r"(?:^|\.)(?:suppress|assertRaises\w*|raises|catch_threading_exception)$")
"""Context managers that may end an exception."""

HOLDING_NAMES = re.compile(
    r"^_*(?:try_?)?(?:acquire|lock|rlock|wlock|r_lock|w_lock|enter|begin|reserve|borrow|take|grab|get_lock|hold)(?:_|$)"
    r"|_(?:acquire|lock|locked|enter|begin)$|^__a?enter__$|acquire|^(?:before|pre)_|^_?before",
    re.IGNORECASE,
)
"""Functions that say by their name that they return holding."""

RELEASING_NAMES = re.compile(
    r"release|unlock|exit|end|give_?back|restore|leave|close|stop|after|done|free|finish",
    re.IGNORECASE,
)
"""Functions that say by their name that they give back what others took."""
