"""A wait that only one of two witnesses knows is told, and blamed on nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.diagnose import diagnose
from locktrace.kernel_view import OWN_IDS, Disagreement, Dispute, FutexKind, KernelView
from locktrace.model import Actor, Gap, Lock, Mode, Process, Severity, Snapshot, Wait

SECOND = 1_000_000_000
NOW = 100 * SECOND
WAIT = Wait(7, 1, Mode.EXCLUSIVE, 2, (), NOW - 9 * SECOND)


def snapshot(lock: Lock, *waits: Wait, **more: object) -> Snapshot:
    actors = {2: Actor(2, "worker")}
    base = Snapshot(Process(1, 0, "", "c", ()), NOW, 0, {lock.id: lock}, actors, waits=waits)
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("dispute", "sentence"),
    [
        (Dispute.UNLISTED, "gate: the kernel has seen worker wait for it for 4.0 s; "
         "the agent knows of no wait."),
        (Dispute.UNSEEN, "gate: the agent has told for 4.0 s that worker waits; "
         "the kernel sees it in no futex."),
    ],
)  # fmt: skip
def test_each_disagreement_is_a_finding(dispute: Dispute, sentence: str) -> None:
    row = Disagreement(99, dispute, 2, 1, NOW - 4 * SECOND)
    view = KernelView("bpftrace", 0, 0, disagreements=(row,))
    [finding] = diagnose(snapshot(Lock(1, "Lock", "gate"), kernel=view))
    assert (finding.kind, finding.severity) == ("disagreement", Severity.INFO)
    assert finding.message == sentence
    assert finding.evidence == {99}


@pytest.mark.parametrize("kind", [FutexKind.SIGNAL, FutexKind.UNKNOWN, FutexKind.NATIVE])
def test_a_futex_that_may_be_a_signal_is_no_stall(kind: FutexKind) -> None:
    wait = replace(WAIT, lock=OWN_IDS + 1)
    assert not diagnose(snapshot(Lock(OWN_IDS + 1, kind.value, ""), wait))


def test_a_futex_that_is_a_lock_is_a_stall_whose_holder_the_kernel_does_not_know() -> None:
    wait, lock = replace(WAIT, lock=OWN_IDS + 1), Lock(OWN_IDS + 1, FutexKind.LOCK.value, "0x70")
    [finding] = diagnose(snapshot(lock, wait, gaps=frozenset(Gap)))
    assert finding.kind == "stall"
    assert finding.message.endswith("(the kernel knows no holders).")
