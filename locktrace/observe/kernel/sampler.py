"""py-spy at a bounded rate: who has the GIL, and where threads wait, in C and in Python."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from locktrace.model import Process, Stack, ThreadStack
from locktrace.snapshots.stacks import Stacks, py_spy_stacks

GIL_EVERY_S = 1.0
NATIVE_EVERY_S = 5.0  # it stops the process for as long as 140 ms
SHARE_OF_TIME = 0.05  # what looking may take at most, whatever it costs here
_LIBC = ("libc.so", "libc-", "libpthread", "ld-linux", "ld-musl", "libc.musl")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a thread is: the function in C that waits, if there is one, and the Python above.

    `library` and `symbol` are of the innermost native frame that is not the C library's own.
    """

    python: Stack
    library: str = ""
    symbol: str = ""


@dataclass
class Looks:
    """What the looks so far have shown. Threads are as py-spy names them.

    `positions` were taken between `positions_ns` and `positions_until_ns`.
    """

    held: dict[int, int] = field(default_factory=dict)
    holder: int | None = None
    count: int = 0
    names: dict[int, str] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    positions_ns: int = 0
    positions_until_ns: int = 0
    note: str = ""


class Sampler:
    """Runs py-spy in a thread of its own; asked too often it does nothing.

    `crowd` is how many processes are looked at like this one: they share what looking may cost.
    """

    def __init__(
        self,
        process: Process,
        look: Callable[..., Stacks] = py_spy_stacks,
        clock: Callable[[], int] = time.monotonic_ns,
        crowd: Callable[[], int] = lambda: 1,
    ) -> None:
        self.looks = Looks()
        self._process = process
        self._look = look
        self._clock = clock
        self._crowd = crowd
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="locktrace-sampler")
        self._under_way: Future[Stacks] | None = None
        self._native = False
        self._began_ns = 0
        self._next_gil_ns = 0
        self._next_native_ns = 0

    def want_gil(self) -> None:
        """Look who has the GIL, without stopping the process."""
        if self._under_way is None and self._clock() >= self._next_gil_ns:
            self._begin(native=False)

    def want_positions(self) -> bool:
        """Look where the threads are, in native code too; whether a look begins."""
        if self._under_way is not None or self._clock() < self._next_native_ns:
            return False
        self._begin(native=True)
        return True

    def collect(self) -> None:
        """Take in the look that has come to its end, if one has."""
        if self._under_way is None or not self._under_way.done():
            return
        stacks, self._under_way = self._under_way.result(), None
        now = self._clock()
        rest = int((now - self._began_ns) / SHARE_OF_TIME)
        crowd = self._crowd()
        self._next_gil_ns = now + crowd * max(rest, int(GIL_EVERY_S * 1e9))
        if self._native:
            self._next_native_ns = now + crowd * max(rest, int(NATIVE_EVERY_S * 1e9))
        self.looks.note = stacks.note
        if stacks.threads:
            self._take_in(stacks.threads, now)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self, *, native: bool) -> None:
        self._began_ns, self._native = self._clock(), native
        option = "--native" if native else "--nonblocking"
        self._under_way = self._pool.submit(self._look, self._process, options=(option,))

    def _take_in(self, threads: tuple[ThreadStack, ...], now: int) -> None:
        looks = self.looks
        looks.count += 1
        owners = [t.native_id for t in threads if t.owns_gil and t.native_id is not None]
        looks.holder = owners[0] if owners else None
        for owner in owners:
            looks.held[owner] = looks.held.get(owner, 0) + 1
        looks.names |= {t.native_id: t.name for t in threads if t.native_id and t.name}
        if self._native:
            looks.positions = {t.native_id: _position(t) for t in threads if t.native_id}
            looks.positions_ns, looks.positions_until_ns = self._began_ns, now


def _position(thread: ThreadStack) -> Position:
    for frame in thread.native:
        library = frame.file.rpartition("/")[2]
        if not library.startswith(_LIBC):
            return Position(thread.frames, library, frame.function)
    return Position(thread.frames)
