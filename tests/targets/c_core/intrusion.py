"""What comes between a call of the C core and its end: finalizers, disarming, a fork."""

import _multiprocessing
import _thread
import contextlib
import gc
import os
import queue
import sys
import threading

from checking import CORE, LEDGER, check, run, until

from locktrace.agent import _core


def hooked_calls():
    """A call of each method that we hook, and of each way through it."""
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    semaphore = _multiprocessing.SemLock(1, 1, 1, f"/mp-locktrace-{os.getpid()}", True)
    items = queue.SimpleQueue()

    def within(release, acquire):
        acquire()
        release()

    def waiting_for_a_held_one():
        with lock:
            lock.acquire(timeout=0.0001)

    def condition_waits():
        with condition:
            condition.wait(0.0001)

    def unlocked_by_nobody():
        with contextlib.suppress(RuntimeError):
            lock.release()

    def saved_and_restored():
        with rlock, rlock:
            rlock._acquire_restore(rlock._release_save())

    def got():
        items.put(1)
        items.get()
        with contextlib.suppress(queue.Empty):
            items.get(timeout=0.0001)

    return [
        threading.Lock, threading.RLock, threading.Condition, _thread.allocate_lock,
        lambda: within(lock.release, lock.acquire),
        lambda: within(lock.release_lock, lock.acquire_lock),
        lambda: within(lambda: lock.__exit__(None, None, None), lock.__enter__),
        lambda: within(lock.release, lambda: lock.acquire(True, 1)),
        lambda: within(rlock.release, rlock.acquire),
        lambda: within(lambda: rlock.__exit__(None, None, None), rlock.__enter__),
        lambda: within(semaphore.release, semaphore.acquire),
        lambda: within(lambda: semaphore.__exit__(None, None, None), semaphore.__enter__),
        lock._at_fork_reinit, waiting_for_a_held_one, unlocked_by_nobody, saved_and_restored,
        condition_waits, got,
    ]  # fmt: skip


def contract_calls():
    """A call of each function by which a primitive or the publisher comes in."""
    recorder, frame = CORE.recorder, sys._getframe()
    entry = recorder.create("Thing", frame)
    me = threading.get_ident(), threading.get_native_id()

    def put_back():
        recorder.acquired(entry, True, frame)
        recorder.restore(entry, recorder.released(entry, True))
        recorder.released(entry, True)

    def again():
        recorder.acquired_again(entry, frame, 2)
        recorder.released_again(entry, 2)

    def built():
        before = recorder.build(entry)
        threading.Lock()
        recorder.build(before)

    def by_somebody_else():
        actor = recorder.task("fetch", *me)
        recorder.relabel("fetching", actor)
        recorder.acquired(entry, False, frame, actor)
        recorder.released(entry, False, actor)
        recorder.finished(actor)

    return [
        put_back, again, built, by_somebody_else,
        lambda: recorder.create("Thing", frame),
        lambda: recorder.waited(recorder.waiting(entry, True, False, frame)),
        lambda: recorder.attempting(0),
        lambda: recorder.relabel("working"),
        lambda: recorder.put_label((0, "")),
        lambda: recorder.thread(*me),
        lambda: recorder.id_of(entry),
        lambda: recorder.call(entry, "the thing"),
        lambda: _core.hide(_thread.allocate_lock()),
        LEDGER.locks, LEDGER.totals, LEDGER.holds, LEDGER.waits, LEDGER.actors, LEDGER.look,
        LEDGER.drain_events, LEDGER.drain_births, LEDGER.drain_labels, _core.threads,
        lambda: _core.stack(1), lambda: _core.frame_of(me[0]),
        lambda: (LEDGER.listen(False), LEDGER.listen(True)),
        lambda: (CORE.disarm(), CORE.arm()),
    ]  # fmt: skip


@check
def a_finalizer_may_take_a_traced_lock_inside_any_of_our_functions():
    CORE.arm()
    LEDGER.listen(True)
    lock, rlock = threading.Lock(), threading.RLock()
    finalized = []

    class Finalized:
        def __init__(self):
            self.me = self

        def __del__(self):
            with rlock:
                made = threading.Lock()
                with made:
                    pass
            if lock.acquire(False):
                lock.release()
            finalized.append(1)

    calls = hooked_calls() + contract_calls()
    rounds = 30
    gc.set_threshold(1)
    try:
        for _ in range(rounds):
            for call in calls:
                Finalized()
                with lock:
                    call()
                Finalized()
                call()
    finally:
        gc.set_threshold(700)
    gc.collect()
    assert len(finalized) == 2 * rounds * len(calls)
    assert not lock.locked()
    LEDGER.look(settled_ns=0)
    assert LEDGER.holds() == []


@check
def calls_in_flight_survive_disarming_and_arming_again():
    for again in (False, True):
        CORE.arm()
        lock, rlock = threading.Lock(), threading.RLock()
        lock.acquire()
        rlock.acquire()
        got = []

        def wait(it, got=got):
            got.append(it.acquire())
            it.release()

        threads = [threading.Thread(target=wait, args=(it,)) for it in (lock, rlock)]
        for thread in threads:
            thread.start()
        until(lambda: len(LEDGER.waits()) == 2)
        CORE.disarm()
        LEDGER.forget_holds()
        assert LEDGER.waits() == LEDGER.holds() == []
        if again:
            CORE.arm()
        lock.release()
        rlock.release()
        for thread in threads:
            thread.join()
        assert got == [True, True]
        assert LEDGER.waits() == LEDGER.holds() == []
        CORE.disarm()


@check
def a_forked_child_goes_on_with_its_own_thread():
    CORE.arm()
    lock, held = threading.Lock(), threading.Lock()
    ready, end = threading.Event(), threading.Event()

    def hold():
        with held:
            ready.set()
            end.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    ready.wait()
    child = os.fork()
    if child == 0:
        LEDGER.forked()
        with lock:
            pass
        ended = {row.id for row in LEDGER.actors() if row.ended}
        [row] = [row for row in LEDGER.holds() if row[3] in ended and row[4]][:1]
        os._exit(0 if row and len(ended) == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    end.set()
    thread.join()


run()
