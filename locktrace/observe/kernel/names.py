"""Which lock a futex is, and which actor a thread, in the words of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from locktrace.kernel_view import OWN_IDS, FutexKind
from locktrace.model import Actor, Lock, Snapshot, Wait
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.ledger import GIL
from locktrace.observe.kernel.sampler import Position
from locktrace.snapshots.groups import is_live_thread
from locktrace.wording import place

_SIGNALLERS = ("/threading.py", "/concurrent/futures/thread.py", "/queue.py")
"""Where the innermost frame is one of these, a thread waits for work, an end or a notification."""
GIL_LOCK = OWN_IDS
"""The id of the GIL among the locks."""


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of a futex that the agent does not list."""

    kind: FutexKind = FutexKind.UNKNOWN
    library: str = ""
    symbol: str = ""
    site: str = ""


class Names:
    """Remembers what a futex was found to be; its locks keep their ids from look to look."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._interpreter = interpreter
        self._binary = interpreter.path.rpartition("/")[2]
        self._own: dict[int, int] = {GIL: GIL_LOCK}
        self._natures: dict[int, Nature] = {GIL: Nature(FutexKind.GIL)}
        self._futexes: dict[int, int] = {}

    def learn(self, key: int, position: Position, *, parked: bool) -> None:
        """A thread that waits at `key` was seen at `position`; `parked`: by the interpreter."""
        callers = [site for site in position.python if not site.file.endswith(_SIGNALLERS)]
        site = place(callers[0]) if callers else ""
        if key != GIL:
            kind = self._kind(position, parked)
            self._natures[key] = Nature(kind, position.library, position.symbol, site)

    def _kind(self, position: Position, parked: bool) -> FutexKind:
        """Where locks park, the interpreter's own frames may be missing from a look."""
        if not position.library and not parked:
            return FutexKind.UNKNOWN
        if position.library not in {"", self._binary}:
            return FutexKind.NATIVE
        innermost = position.python[0].file if position.python else ""
        return FutexKind.SIGNAL if innermost.endswith(_SIGNALLERS) else FutexKind.LOCK

    @property
    def parks(self) -> bool:
        """Whether locks of this interpreter are parked for."""
        return self._interpreter.parks

    def is_known(self, key: int) -> bool:
        return key in self._natures

    def nature(self, key: int) -> Nature:
        return self._natures.get(key, Nature())

    def own(self, key: int) -> Lock:
        """The lock by which a futex is shown that the agent does not list."""
        id = self._own.setdefault(key, OWN_IDS + len(self._own))
        nature = self.nature(key)
        if key == GIL:
            return Lock(id, FutexKind.GIL.value, "GIL")
        where = f"{nature.library}: {nature.symbol}" if nature.kind is FutexKind.NATIVE else ""
        remark = where or nature.site
        return Lock(id, nature.kind.value, f"0x{key:x}" + (f" ({remark})" if remark else ""))

    def listed(self, snapshot: Snapshot) -> dict[int, int]:
        """Futex -> lock, for the agent's locks that anybody has waited for."""
        waited_for = {wait.lock for wait in snapshot.waits}
        return {
            futex: lock.id
            for lock in snapshot.locks.values()
            if lock.address and (lock.contended or lock.id in waited_for)
            if (futex := self._futex_of(lock))
        }

    def futex_of_wait(self, wait: Wait, snapshot: Snapshot) -> int:
        """The futex that the agent says the thread blocks in; 0 if it cannot say."""
        if wait.address:
            return self._interpreter.futex_of(wait.address)
        lock = snapshot.locks.get(wait.lock)
        return self._futex_of(lock) if lock is not None and lock.address else 0

    def _futex_of(self, lock: Lock) -> int:
        known = self._futexes.get(lock.address)
        if known is None:
            known = self._futexes[lock.address] = self._interpreter.futex_of(lock.address)
        return known


class Cast:
    """The actors of one look: the agent's, by the thread's own id, and more as they are needed."""

    def __init__(self, actors: Mapping[int, Actor], name: Callable[[int], str]) -> None:
        self.actors = dict(actors)
        self._name = name
        self._by_thread = {a.native_id: a.id for a in actors.values() if is_live_thread(a)}

    def of(self, thread: int) -> int:
        """The actor that has the OS thread id `thread`."""
        known = self._by_thread.get(thread)
        if known is not None:
            return known
        id = self._by_thread[thread] = OWN_IDS + thread
        self.actors[id] = Actor(id, self._name(thread) or f"thread {thread}", native_id=thread)
        return id
