"""What comes between a call of the C core and its end: disarming, a fork."""

import contextlib
import ctypes
import gc
import os
import sys
import threading

from checking import CORE, LEDGER, check, run, until

from locktrace.agent.recorder import Usual


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


@check
def who_waited_for_another_thread_s_lock_is_no_ghost_in_a_forked_child():
    CORE.arm()
    lock = threading.Lock()
    lock.acquire()
    thread = threading.Thread(target=lambda: lock.acquire() and lock.release())
    thread.start()
    until(LEDGER.waits)
    child = os.fork()
    if child == 0:
        LEDGER.forked()
        lock.release()
        with lock:
            pass
        ended = {row.id for row in LEDGER.actors() if row.ended}
        told = [row for row in (*LEDGER.holds(), *LEDGER.waits()) if row[3] in ended]
        os._exit(len(told))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lock.release()
    thread.join()


@check
def a_method_that_comes_back_when_tracing_has_ended_leaves_nothing():
    class Gate:
        def take(self):
            return True

        def give(self):
            raise ValueError

    def disarmed_in(method):
        def call(gate):
            CORE.disarm()
            LEDGER.forget_holds()
            return method(gate)

        return call

    gate, rows, recorder = Gate(), {}, CORE.recorder
    CORE.arm()
    rows[id(gate)] = (recorder.create("Gate", sys._getframe()), None, None)
    take = recorder.quicken(Gate.take, Usual(disarmed_in(Gate.take), rows, True, None, False))
    give = recorder.quicken(
        Gate.give, Usual(disarmed_in(Gate.give), rows, NotImplemented, None, False)
    )
    assert take(gate) is True
    assert LEDGER.holds() == []
    CORE.arm()
    recorder.acquired(rows[id(gate)][0], False, sys._getframe())
    with contextlib.suppress(ValueError):
        give(gate)
    assert LEDGER.holds() == []


@check
def a_release_that_fails_while_tracing_is_ended_leaves_nothing():
    """Until 3.12 the exception that it makes in an `except` block may start the collector."""
    CORE.arm()
    lock = threading.Lock()
    lock.acquire()
    if sys.version_info < (3, 12):
        mutex = ctypes.c_void_p.from_address(id(lock) + 16)  # then whether it is locked
        ctypes.pythonapi.PyThread_release_lock(mutex)
        ctypes.c_char.from_address(id(lock) + 32).value = b"\0"
    else:
        lock.release()
    garbage = type("Garbage", (), {"__del__": lambda self: CORE.disarm()})()
    garbage.me = garbage
    del garbage
    gc.set_threshold(1, 10, 10)
    try:
        raise KeyError
    except KeyError:
        with contextlib.suppress(RuntimeError):
            lock.release()
    gc.set_threshold(700)
    gc.collect()
    CORE.arm()
    assert LEDGER.holds() == []


run()
