"""Which locks, waits and actors the C core tells of, and since when."""

import _thread
import queue
import sys
import threading

from checking import CORE, LEDGER, check, hold_of, made_here, run, until

from locktrace.agent import _core
from locktrace.wire.events import MAX_ID

FAR = 3 << 30  # an id that nobody comes to

OLD = threading.Lock()
OLD_R = threading.RLock()


@check
def a_lock_of_before_is_traced_and_told_of_once_somebody_waits():
    CORE.arm()
    LEDGER.listen(True)
    with OLD:
        assert not any(row.stack is None and row.kind == "Lock" for row in LEDGER.locks())
        thread = threading.Thread(target=lambda: OLD.acquire() and OLD.release())
        thread.start()
        until(LEDGER.waits)
        [wait] = LEDGER.waits()
        [row] = [row for row in LEDGER.locks() if row.id == wait[1]]
        assert (row.kind, row.stack) == ("Lock", None)
        assert row.address == wait[8] == id(OLD)
        assert len(hold_of(row.id)) == 1
        assert row in LEDGER.drain_births()
    thread.join()
    assert LEDGER.waits() == hold_of(row.id) == []


@check
def a_lock_of_before_is_told_of_once_it_is_held_for_long():
    CORE.arm()
    with OLD_R:
        assert not any(row.kind == "RLock" and row.stack is None for row in LEDGER.locks())
        LEDGER.look(settled_ns=0)
        assert any(row.kind == "RLock" and row.stack is None for row in LEDGER.locks())


@check
def who_waits_for_a_condition_blocks_in_its_waiter_s_lock():
    CORE.arm()
    condition = threading.Condition()

    def wait():
        with condition:
            token = CORE.recorder.waiting(handle, False, False, sys._getframe())
            condition.wait()
            CORE.recorder.waited(token)

    handle = CORE.recorder.create("Condition", sys._getframe())
    thread = threading.Thread(target=wait)
    thread.start()
    until(lambda: [wait for wait in LEDGER.waits() if wait[8]])
    [wait] = LEDGER.waits()
    [waiter] = condition._waiters
    assert wait[8] == id(waiter)
    assert not any(row.address == wait[8] for row in LEDGER.locks())
    with condition:
        condition.notify()
    thread.join()


@check
def a_new_lock_at_an_old_address_is_a_new_lock():
    CORE.arm()
    ids, addresses = set(), set()
    for _ in range(500):
        lock = threading.Lock()
        lock.acquire()
        [row] = made_here()
        assert len(hold_of(row.id)) == 1
        ids.add(row.id)
        addresses.add(id(lock))
        del lock
        assert made_here() == []
    assert len(ids) == 500
    assert len(addresses) < 500


@check
def who_has_ended_is_forgotten_once_observers_know():
    CORE.arm()
    LEDGER.listen(True)
    lock = threading.Lock()
    for _ in range(100):
        thread = threading.Thread(target=lambda: lock.acquire() and lock.release())
        thread.start()
        thread.join()
    batches, lost = LEDGER.drain_events()
    actors = {row.id for row in LEDGER.actors()}
    assert not lost
    assert len(actors) >= 100
    assert set().union(*(batch.actors for batch in batches)) <= actors
    ended = []
    until(lambda: ended.extend(LEDGER.look().ended) or len(ended) >= 100)  # the last end by and by
    LEDGER.look()
    assert not {row.id for row in LEDGER.actors()} & set(ended)
    assert len(ended) == len(set(ended))


@check
def the_end_of_a_lock_is_told_to_who_has_seen_it_in_a_picture():
    CORE.arm()
    LEDGER.listen(True)
    seen, unseen = [threading.Lock()], []
    picture = {row.id for row in LEDGER.locks()}
    unseen.append(threading.Lock())
    ids = [_core.id_of(lock) for lock in (*seen, *unseen)]
    assert [id in picture for id in ids] == [True, False]
    seen.clear()
    unseen.clear()
    batches, _ = LEDGER.drain_events()
    destroyed = {id for batch in batches for id in batch.destroyed}
    assert [id in destroyed for id in ids] == [True, False]


@check
def the_end_of_every_lock_that_goes_while_it_is_held_is_told():
    """Of others that come and go between two batches a few are."""
    CORE.arm()
    LEDGER.listen(True)
    ids = set()
    for _ in range(1000):
        lock = threading.Lock()
        lock.acquire()
        ids.add(_core.id_of(lock))
        del lock
    batches, lost = LEDGER.drain_events()
    assert ids == {id for batch in batches for id in batch.destroyed}
    assert not lost


@check
def ids_go_on_in_the_widest_gap_that_the_living_leave():
    CORE.arm()
    first = threading.Lock()
    _core.count_on_from(FAR)
    far = threading.Lock()
    _core.count_on_from(MAX_ID - 1)
    last, second = threading.Lock(), threading.Lock()
    _core.count_on_from(FAR - 1)
    before_far, third = threading.Lock(), threading.Lock()
    locks = (first, far, last, second, before_far, third)
    ids = [_core.id_of(lock) for lock in locks]
    assert ids[1:3] == [FAR + 1, MAX_ID]
    assert ids[0] < ids[3] < FAR
    assert ids[4:] == [FAR, ids[3] + 1]
    assert {row.id for row in made_here()} == set(ids)


@check
def threading_s_own_locks_are_no_noise():
    CORE.arm()
    before = {row.id for row in LEDGER.locks()}
    stop = threading.Event()
    jobs = queue.SimpleQueue()
    threads = [threading.Thread(target=stop.wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    import xml.dom.minidom  # noqa: F401  (takes the import locks)

    jobs.put(1)
    stop.set()
    for thread in threads:
        thread.join()
    condition = threading.Condition()
    with condition:
        condition.wait(0.001)
    LEDGER.look(settled_ns=0)
    kinds = [(row.kind, row.stack and row.stack.frames[0][0].co_qualname)
             for row in LEDGER.locks() if row.id not in before]  # fmt: skip
    assert set(kinds) <= {("Lock", "Condition.__init__"), ("RLock", "RLock"),
                          ("Lock", "Event.__init__")}, kinds  # fmt: skip


@check
def a_place_is_told_after_tens_of_thousands_of_ways_to_others():
    CORE.arm()
    lock, other, changed = threading.Lock(), threading.Lock(), threading.Condition()

    def ways(left):
        if not left:
            with lock:
                return
        ways(left - 1), ways(left - 1), ways(left - 1)  # each is a way of its own
        ways(left - 1), ways(left - 1), ways(left - 1)

    def frames():
        with other:
            [hold] = LEDGER.holds()
            return [code for code, _offset in LEDGER.stack(hold[4]).frames]

    def known(left):
        return known(left - 1) if left else frames()

    def new(left):
        return new(left - 1) if left else frames()

    assert known(9) == [frames.__code__] + [known.__code__] * 7
    ways(6)
    assert known(9) == [frames.__code__] + [known.__code__] * 7
    for _ in range(2):
        assert new(9) == [frames.__code__] + [new.__code__] * 3
    before = {row.id for row in LEDGER.locks()}
    with changed:
        changed.wait(0.001)
    assert {row.id for row in LEDGER.locks()} == before


@check
def a_thread_that_ends_holding_is_told_as_ended():
    CORE.arm()
    lock = threading.Lock()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    told = []
    until(lambda: told.extend(LEDGER.look().ended) or told)
    [hold] = [row for row in LEDGER.holds() if row[3] in told]
    [actor] = [row for row in LEDGER.actors() if row.id == hold[3]]
    assert actor.ended
    lock.release()


@check
def what_a_thread_without_frames_has_left_locked_is_held_and_waited_for():
    CORE.arm()
    lock = threading.Lock()
    _thread.start_new_thread(lock.acquire, ())
    until(lock.locked)
    until(lambda: LEDGER.look(settled_ns=0).ended)
    LEDGER.look(settled_ns=0)
    [hold] = LEDGER.holds()
    [actor] = [row for row in LEDGER.actors() if row.id == hold[3]]
    assert actor.ended
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    until(LEDGER.waits)
    lock.release()
    thread.join()
    [hold] = LEDGER.holds()
    assert hold[3] != actor.id


@check
def an_rlock_whose_owner_has_ended_stays_held():
    rlock, taken, ends = threading.RLock(), threading.Event(), threading.Event()
    ids = []

    def take():
        ids.extend((threading.get_ident(), threading.get_native_id()))
        rlock.acquire()
        taken.set()
        ends.wait()

    thread = threading.Thread(target=take)
    thread.start()
    taken.wait()
    CORE.arm()
    assert _core.found_hold(rlock, None, -1, -1, *ids, False, 1, False, False)
    ends.set()
    thread.join()
    until(lambda: LEDGER.look(settled_ns=0).ended)
    LEDGER.look(settled_ns=0)
    [hold] = LEDGER.holds()
    assert [row.ended for row in LEDGER.actors() if row.id == hold[3]] == [True]


run()
