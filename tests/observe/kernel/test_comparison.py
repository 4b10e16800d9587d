"""The agent's waits beside the kernel's."""

from __future__ import annotations

from locktrace.kernel_view import Dispute
from locktrace.model import Actor, Lock, Mode, Process, Snapshot, Wait
from locktrace.observe.kernel.comparison import Comparison, Disputed, compare
from locktrace.observe.kernel.ledger import GIL
from locktrace.observe.kernel.records import Pending

SECOND = 1_000_000_000
NOW = 100 * SECOND
FUTEX = 0x7000
WORKER, TASK = 1, 2
GATE, OTHER, TABLE = 10, 11, 12
THREAD = 4001


def wait(lock: int = GATE, actor: int = WORKER, since: int = NOW - 9 * SECOND, id: int = 5) -> Wait:
    return Wait(id, lock, Mode.EXCLUSIVE, actor, (), since)


def compared(waits: list[Wait], pending: Pending | None) -> Comparison:
    """Of one thread, `THREAD` to the kernel, whose futex the agent knows but for the table's."""
    actors = {
        WORKER: Actor(WORKER, "worker", native_id=THREAD),
        TASK: Actor(TASK, "task", "task", THREAD),
    }
    locks = {id: Lock(id, "Lock", str(id)) for id in (GATE, OTHER, TABLE)}
    agent = Snapshot(Process(1, 0, "", "c", ()), NOW, 0, locks, actors, waits=tuple(waits))
    futexes = {GATE: FUTEX, OTHER: FUTEX + 8, TABLE: 0}
    return compare(
        agent,
        {THREAD: pending} if pending else {},
        at_ns=NOW,
        listed={FUTEX: GATE, FUTEX + 8: OTHER},
        actor_of=lambda thread: WORKER,
        futex_of=lambda wait: futexes[wait.lock],
    )


def pending(key: int = FUTEX, since: int = NOW - 9 * SECOND) -> Pending:
    return Pending(since, key, 0)


def test_a_wait_at_the_same_futex_is_confirmed() -> None:
    assert compared([wait()], pending()) == Comparison((5,), {THREAD: GATE}, ())


def test_where_the_agent_cannot_tell_the_futex_the_thread_must_do() -> None:
    assert compared([wait(TABLE)], pending(0x9999)) == Comparison((5,), {THREAD: TABLE}, ())


def test_of_nested_waits_both_are_confirmed_and_the_inner_one_names_the_lock() -> None:
    result = compared([wait(TABLE, id=5), wait(GATE, id=6)], pending())
    assert result == Comparison((5, 6), {THREAD: GATE}, ())


def test_a_wait_that_the_kernel_does_not_see_is_disputed() -> None:
    unseen = Disputed(Dispute.UNSEEN, WORKER, GATE, NOW - 9 * SECOND)
    assert compared([wait()], None) == Comparison((), {}, (unseen,))


def test_a_waiter_that_the_agent_does_not_know_is_disputed() -> None:
    unlisted = Disputed(Dispute.UNLISTED, WORKER, GATE, NOW - 9 * SECOND)
    assert compared([], pending()) == Comparison((), {}, (unlisted,))


def test_young_waits_and_the_gil_and_unlisted_futexes_are_no_dispute() -> None:
    young = NOW - SECOND // 2
    assert not compared([wait(since=young)], None).disputed
    assert not compared([], pending(since=young)).disputed
    assert not compared([], pending(GIL)).disputed
    assert not compared([], pending(0x9999)).disputed


def test_who_has_the_lock_but_not_yet_the_gil_still_waits() -> None:
    assert compared([wait()], pending(GIL)) == Comparison((), {}, ())


def test_a_task_that_waits_is_nothing_for_the_kernel() -> None:
    assert compared([wait(actor=TASK)], None) == Comparison((), {}, ())
