"""The records of a scan."""

from __future__ import annotations

from dataclasses import dataclass, field

from locktrace.model import Severity
from locktrace.scan.vocabulary import UNKNOWN, Primitive


@dataclass(frozen=True, slots=True)
class LockRef:
    """A lock as a function names it.

    ``key`` is its path in this function (``self._lock``; ``@module.name`` where every function
    means the same object): two operations on one key are on one lock. ``id`` is its class of
    locks across functions (``module.Class._lock``), ``name`` what a person calls it.
    """

    key: str
    id: str
    name: str
    primitive: Primitive = UNKNOWN

    @property
    def changing(self) -> bool:
        """The name stands for one lock here and another there, so that nothing can be paired."""
        return self.key.startswith("~")

    @property
    def known(self) -> bool:
        return self.primitive is not UNKNOWN

    @property
    def excludes_itself(self) -> bool:
        """A second acquire by the same actor surely waits for ever."""
        return self.primitive.reentrant is False


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a function does, in the order of evaluation.

    ``action``: create, acquire, try, release, wait, notify, call, block, await, yield, raise,
    callback (a release handed to somebody), escape (the lock itself is), enter (a context
    manager of the project). ``form``: with, try/finally, bare. ``blocking``/``timed``: how an
    acquire asks. ``var``: the variable that gets the result of a try; ``callee``: the function
    called, ``args`` its parameters and what they are here; ``note`` a word for the person.
    """

    action: str
    line: int
    lock: LockRef | None = None
    mode: str = "exclusive"
    form: str = "bare"
    method: str = ""
    timed: bool = False
    discarded: bool = False
    var: str = ""
    callee: str = ""
    args: tuple[tuple[str, str], ...] = ()
    note: str = ""
    calm: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the listing."""

    file: str
    line: int
    function: str
    action: str
    name: str
    kind: str
    mode: str
    form: str

    def __str__(self) -> str:
        """``acquire Filter.table (RWMutex, shared, with) in Filter.lookup``."""
        about = ", ".join(filter(None, (self.kind, self.mode, self.form)))
        return f"{self.action} {self.name} ({about}) in {self.function}"


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the path to a finding, and what happens there; no file: the finding's own."""

    line: int
    text: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule saw. ``path`` leads there, line by line; ``lock`` is the lock's name."""

    code: str
    rule: str
    severity: Severity
    file: str
    line: int
    function: str
    lock: str
    message: str
    path: tuple[Step, ...] = ()

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays the same when lines move: for the baseline."""
        return (self.code, self.file, self.function, self.lock)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that could not be scanned, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """All of one scan. ``lines`` and ``files`` count everything that was looked at."""

    findings: tuple[Finding, ...] = ()
    listing: tuple[Listed, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    files: int = 0
    lines: int = 0
    seconds: float = 0.0
    suppressed: int = 0
    baselined: int = 0
    notices: tuple[str, ...] = field(default=())
