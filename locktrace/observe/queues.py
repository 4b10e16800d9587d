"""Who waits while others go on: readers let in past a writer, and holders that block."""

from __future__ import annotations

from locktrace.model import Blocking, Hold, Mode, Wait

MAX_BLOCKINGS = 256
SETTLED_NS = 1_000_000  # a writer who has only just come may not have been seen by the reader
WORTH_NS = 50_000_000  # blocking that others wait for


class Queues:
    """Fed with the waits of one process, and with the holds that matter to them."""

    def __init__(self) -> None:
        self.version = 0
        self.full = False
        self.spoken: set[int] = set()
        self.overtaken: dict[int, int] = {}
        self.lenient: set[int] = set()
        self._writers: dict[int, Wait] = {}
        self._wanted: dict[int, dict[int, Wait]] = {}
        self._blockings: dict[object, Blocking] = {}

    def begin(self, wait: Wait) -> None:
        self._wanted.setdefault(wait.lock, {})[wait.id] = wait
        if wait.mode is Mode.EXCLUSIVE:
            self._writers.setdefault(wait.lock, wait)

    def end(self, wait: Wait, at_ns: int, held: list[Hold], is_answer: bool) -> None:
        """`wait` is over; `held` is what its actor holds, `is_answer` if it waited to be told."""
        wanted = self._wanted.get(wait.lock)
        if wanted is not None:
            wanted.pop(wait.id, None)
            if not wanted:
                del self._wanted[wait.lock]
        if wait.mode is Mode.EXCLUSIVE:
            self._next_writer(wait)
        if is_answer:
            for hold in held:
                self._note_blocking(hold, wait, at_ns)

    def let_in(self, hold: Hold) -> None:
        """A reader has got in."""
        writer = self._writers.get(hold.lock)
        if writer is None or writer.actor == hold.actor:
            return
        if hold.since_ns - writer.since_ns > SETTLED_NS:
            self.overtaken[writer.id] = self.overtaken.get(writer.id, 0) + 1
            self.lenient.add(hold.lock)

    def wanted_since(self, lock: int) -> int:
        """When the first of those began who wait for `lock`; 0 if nobody does."""
        wanted = self._wanted.get(lock)
        return next(iter(wanted.values())).since_ns if wanted else 0

    def forget(self, lock: int) -> None:
        self._wanted.pop(lock, None)
        writer = self._writers.pop(lock, None)
        if writer is not None:
            self.overtaken.pop(writer.id, None)
        self.lenient.discard(lock)

    def restart(self, waits: list[Wait]) -> None:
        """The waits have been told anew, in the order in which they began."""
        overtaken = self.overtaken
        self._writers, self._wanted, self.overtaken = {}, {}, {}
        for wait in waits:
            self.begin(wait)
            if wait.id in overtaken:
                self.overtaken[wait.id] = overtaken[wait.id]

    def blockings(self) -> tuple[Blocking, ...]:
        return tuple(self._blockings.values())

    def _next_writer(self, wait: Wait) -> None:
        self.overtaken.pop(wait.id, None)
        first = self._writers.get(wait.lock)
        if first is None or first.id != wait.id:
            return
        del self._writers[wait.lock]
        for other in self._wanted.get(wait.lock, {}).values():
            if other.mode is Mode.EXCLUSIVE:
                self._writers[wait.lock] = other
                return

    def _note_blocking(self, hold: Hold, wait: Wait, at_ns: int) -> None:
        others = self._wanted.get(hold.lock)
        if not others:
            return
        together = at_ns - max(wait.since_ns, min(other.since_ns for other in others.values()))
        if together < WORTH_NS:
            return
        key = (hold.site, wait.site)
        known = self._blockings.get(key)
        if known is None and len(self._blockings) >= MAX_BLOCKINGS:
            self.full = True
            return
        self.version += 1
        self.spoken |= {hold.lock, wait.lock}
        if known is None:
            self._blockings[key] = Blocking(hold, wait, together, 1)
        elif together > known.longest_ns:
            self._blockings[key] = Blocking(hold, wait, together, known.count + 1)
        else:
            self._blockings[key] = Blocking(
                known.hold, known.wait, known.longest_ns, known.count + 1
            )
