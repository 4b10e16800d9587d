"""Fixtures for the agent's tests: each core in turn, in a target or in this process."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from locktrace.agent.core import Core, choose
from locktrace.agent.ledger import Stack
from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.reading import ActorRow, LockRow

HAS_C_CORE = importlib.util.find_spec("locktrace.agent._core") is not None
NEEDS_C_CORE = pytest.mark.skipif(not HAS_C_CORE, reason="the C core is not built here")
CORES = ["py", pytest.param("c", marks=NEEDS_C_CORE)]
HERE = str(Path(__file__).parent)


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The core that targets started by this test record with."""
    name: str = request.param
    monkeypatch.setenv("LOCKTRACE_CORE", name)
    return name


class Seen(NamedTuple):
    """A hold or a wait as the ledger tells it; `flag` is `leaked` of a hold, `timed` of a wait."""

    id: int
    lock: LockRow
    shared: bool
    actor: ActorRow
    stack: Stack
    since: int
    label: str
    flag: bool


class Tracing:
    """A core that traces this process, and what its ledger says of the tests' own locks."""

    def __init__(self, core: Core) -> None:
        self.recorder = core.recorder
        self.ledger = core.ledger
        self.patches = Patches()
        self._before = {row.id for row in self.ledger.locks()}

    def locks(self, kind: str = "") -> list[LockRow]:
        """The locks that this test has made, of one kind if it is given."""
        return [
            row
            for row in self.ledger.locks()
            if row.id not in self._before and row.kind.startswith(kind) and _is_ours(row.stack)
        ]

    def lock(self, kind: str = "") -> LockRow:
        """The only one."""
        [row] = self.locks(kind)
        return row

    def holds(self, kind: str = "") -> list[Seen]:
        """The holds of these locks, oldest first."""
        return self._seen(self.ledger.holds(), kind)

    def waits(self, kind: str = "") -> list[Seen]:
        """The waits for these locks."""
        return self._seen(self.ledger.waits(), kind)

    def totals(self, kind: str = "") -> dict[str, int]:
        """Of the only lock."""
        id = self.lock(kind).id
        [row] = [row for row in self.ledger.totals() if row[0] == id]
        names = ("acquisitions", "contended", "wait_ns", "hold_ns", "foreign", "unlisted")
        return dict(zip(names, row[1:], strict=False))

    def me(self) -> ActorRow:
        """The calling thread."""
        here = threading.get_ident()
        [row] = [row for row in self.ledger.actors() if row.ident == here and not row.ended]
        return row

    def _seen(self, rows: list[tuple[int, ...]], kind: str) -> list[Seen]:
        locks = {row.id: row for row in self.locks(kind)}
        actors = {row.id: row for row in self.ledger.actors()}
        return [
            Seen(row[0], locks[row[1]], bool(row[2]), actors[row[3]], self.ledger.stack(row[4]),
                 row[5], row[6], bool(row[7]))
            for row in sorted(rows) if row[1] in locks
        ]  # fmt: skip


def _is_ours(stack: Stack | None) -> bool:
    """Made by a test, and not by the threads that it makes for themselves."""
    codes = [code for code, _offset in stack.frames] if stack is not None else []
    by_thread = threading.Thread.__init__.__code__ in codes
    return not by_thread and any(code.co_filename.startswith(HERE) for code in codes)


@pytest.fixture(params=CORES)
def tracing(request: pytest.FixtureRequest) -> Iterator[Tracing]:
    """Each core in turn, tracing this process; `patches` are undone at the end."""
    core = choose({"LOCKTRACE_CORE": request.param})
    tap.recorder = core.recorder
    core.arm()
    on = Tracing(core)
    yield on
    on.patches.undo()
    core.disarm()
    tap.recorder = OFF
    core.ledger.forget_holds()
    faults, tap.faults[:] = list(tap.faults), []
    assert not faults, f"the agent swallowed faults of its own: {faults}"
