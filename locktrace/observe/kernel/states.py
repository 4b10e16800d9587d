"""What a session keeps of what the kernel tells, alone or beside the agent's ledger."""

from __future__ import annotations

import time
from collections.abc import Callable

from locktrace.model import Gap, Present, Process, Snapshot
from locktrace.observe.kernel.witness import Witness
from locktrace.observe.state import LedgerState

ASK_EVERY_NS = 2_000_000_000


class KernelState:
    """`snapshot` has what the kernel knows, and says what it cannot; there are no frames."""

    def __init__(self, process: Process, witness: Witness) -> None:
        self._process = process
        self._witness = witness

    @property
    def files(self) -> frozenset[str]:
        return frozenset()

    @property
    def heard_ns(self) -> int:
        return self._witness.ledger.at_ns

    ledger_ns = heard_ns

    @property
    def present(self) -> Present | None:
        """There is no agent to tell it, so nobody need wait for it."""
        return Present(0)

    @present.setter
    def present(self, present: Present | None) -> None:
        pass

    def apply(self, kind: int, payload: bytes) -> None:
        pass

    def snapshot(self, now_ns: int) -> Snapshot:
        empty = Snapshot(
            self._process,
            now_ns,
            time.time(),
            heard_ns=now_ns,  # the kernel has no heartbeat of the target to miss
            gaps=frozenset(Gap),
        )
        return self._witness.join(empty, alone=True)


class BothState:
    """The agent's ledger with the kernel's view beside it.

    `ask` requests a ledger of the agent, which tells where waits for compound primitives block.
    """

    def __init__(self, process: Process, witness: Witness, ask: Callable[[str], None]) -> None:
        self._agent = LedgerState(process)
        self._witness = witness
        self._ask = ask
        self._asked: frozenset[int] = frozenset()
        self._asked_ns = 0

    @property
    def files(self) -> frozenset[str]:
        return self._agent.files

    @property
    def heard_ns(self) -> int:
        return self._agent.heard_ns

    @property
    def ledger_ns(self) -> int:
        return self._agent.ledger_ns and self._witness.ledger.at_ns

    @property
    def present(self) -> Present | None:
        return self._agent.present

    @present.setter
    def present(self, present: Present | None) -> None:
        self._agent.present = present

    def apply(self, kind: int, payload: bytes) -> None:
        self._agent.apply(kind, payload)

    def snapshot(self, now_ns: int) -> Snapshot:
        base = self._agent.snapshot(now_ns)
        wanted = self._witness.wants_addresses(base)
        if wanted - self._asked and now_ns - self._asked_ns >= ASK_EVERY_NS:
            self._asked, self._asked_ns = wanted, now_ns
            self._ask("ledger")
        return self._witness.join(base, alone=False)
