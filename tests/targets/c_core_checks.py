"""Checks of the C core that must be made inside a process; `main` runs the one that is named."""

import _multiprocessing
import _thread
import contextlib
import copy
import ctypes
import gc
import inspect
import os
import pickle
import queue
import sys
import threading
import time
import weakref
from pathlib import Path

from locktrace.agent import _core
from locktrace.agent.core import choose
from locktrace.agent.primitives import semaphore, tap
from locktrace.agent.primitives.patches import Patches

OLD = threading.Lock()
OLD_R = threading.RLock()
CORE = choose({"LOCKTRACE_CORE": "c"})
LEDGER = CORE.ledger
SHARED_METHODS = ("acquire", "release", "__enter__", "__exit__", "_at_fork_reinit")
METHODS = {
    _thread.LockType: (*SHARED_METHODS, "acquire_lock", "release_lock"),
    _thread.RLock: (*SHARED_METHODS, "_release_save", "_acquire_restore"),
    _multiprocessing.SemLock: (*SHARED_METHODS[:4], "_after_fork", "_rebuild"),
}
DESCR_METHOD, TYPE_DEALLOC, TYPE_NEW = 40, 48, 312
WORD = ctypes.sizeof(ctypes.c_void_p)


class Heir(_thread.RLock):
    """A subclass from before tracing."""


def word(address):
    return ctypes.c_void_p.from_address(address).value


def pointers():
    found = {}
    for cls, names in METHODS.items():
        for name in names:
            method = word(id(vars(cls)[name]) + DESCR_METHOD)
            found[cls.__name__, name] = word(method + WORD)
        for offset in (TYPE_DEALLOC, TYPE_NEW):
            found[cls.__name__, offset] = word(id(cls) + offset)
    found["Heir", TYPE_NEW] = word(id(Heir) + TYPE_NEW)
    return found


def resident():
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def hold_of(id):
    return [row for row in LEDGER.holds() if row[1] == id]


def made_here():
    """Listed locks that code of this file has made."""
    return [row for row in LEDGER.locks() if row.stack and is_ours(row.stack)]


def is_ours(stack):
    return any(code.co_filename == __file__ for code, _ in stack.frames)


def drop_a_million(publish):
    """A hundred thousand alive at a time, then one by one; the publisher has its turns."""

    def churn(rounds, at_once):
        for i in range(rounds):
            locks = [threading.Lock() for _ in range(at_once)]
            for lock in locks:
                with lock:
                    pass
            for lock in locks:
                lock.acquire()
            del lock, locks
            if at_once > 1 or i % 1000 == 0:
                publish()

    churn(2, 100_000)
    churn(2000, 1)
    before = resident()
    churn(5, 100_000)
    churn(500_000, 1)
    gc.collect()
    grown = resident() - before
    assert grown < 5_000_000, grown
    assert made_here() == []


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


ACTS = [
    pickle.dumps,
    copy.copy,
    lambda lock: weakref.ref(lock)() is lock,
    lambda lock: lock.acquire("a", "b"),
    lambda lock: lock.acquire(True, -5),
    lambda lock: lock.acquire(False, 1),
    lambda lock: lock.acquire(timeout=1e20),
    lambda lock: lock.acquire(nothing=1),
    lambda lock: lock.acquire(True, 1, 2),
    lambda lock: lock.acquire(True, blocking=True),
    lambda lock: lock.acquire(True, float("nan")),
    lambda lock: lock.release(),
    lambda lock: lock._release_save(),
    lambda lock: lock.locked(),
    lambda lock: (lock.acquire(blocking=False), lock.acquire(timeout=0.001), lock.release()),
    lambda lock: (lock.__enter__(), lock.__exit__(None, None, None)),
]

# -- checks


def pointers_are_restored():
    before = pointers()
    for _ in range(3):
        CORE.arm()
        during = pointers()
        changed = {key for key in before if during[key] != before[key]}
        untouched = set(before) - changed
        assert untouched <= {("lock", TYPE_NEW)}, untouched
        CORE.disarm()
        assert pointers() == before


def everything_looks_as_before():
    def face(lock):
        shown = [type(lock), repr(lock).split(" at ")[0], isinstance(lock, _thread.LockType)]
        for act in ACTS:
            try:
                shown.append(act(lock))
            except BaseException as error:
                shown += [type(error), str(error).split(" at 0x")[0]]
        return shown

    plain = [face(make()) for make in (threading.Lock, threading.RLock, Heir)]
    CORE.arm()
    traced = [face(make()) for make in (threading.Lock, threading.RLock, Heir)]
    assert plain == traced, (plain, traced)
    assert type(Heir.__new__(Heir)) is Heir
    CORE.disarm()
    assert type(Heir.__new__(Heir)) is Heir


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


def a_lock_of_before_is_told_of_once_it_is_held_for_long():
    CORE.arm()
    with OLD_R:
        assert not any(row.kind == "RLock" and row.stack is None for row in LEDGER.locks())
        LEDGER.look(settled_ns=0)
        assert any(row.kind == "RLock" and row.stack is None for row in LEDGER.locks())


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


def a_million_locks_leave_memory_where_it_was():
    CORE.arm()
    drop_a_million(lambda: None)


def a_million_locks_leave_memory_where_it_was_while_somebody_observes():
    CORE.arm()
    LEDGER.listen(True)

    def publish():
        LEDGER.drain_births()
        LEDGER.drain_events()
        LEDGER.look()

    drop_a_million(publish)


def a_live_lock_costs_at_most_256_bytes():
    count = 200_000
    plain = [threading.Lock() for _ in range(count)]
    del plain
    before = resident()
    plain = [threading.Lock() for _ in range(count)]
    bare = resident() - before
    del plain
    CORE.arm()
    before = resident()
    traced = [threading.Lock() for _ in range(count)]
    cost = (resident() - before - bare) / count
    assert cost <= 256, cost
    del traced


def a_lock_that_was_held_for_long_costs_at_most_256_bytes():
    count = 49_200  # just after the table has grown
    locks = [threading.Lock() for _ in range(count)]

    def hold_each():
        before = resident()
        for lock in locks:
            with lock:
                time.sleep(3e-6)
        return resident() - before

    bare = hold_each()
    CORE.arm()
    cost = (hold_each() - bare) / count
    assert cost <= 256, cost


def threads_that_end_leave_nothing():
    CORE.arm()
    lock = threading.Lock()

    def use():
        with lock:
            pass

    def churn(count):
        for _ in range(count):
            thread = threading.Thread(target=use)
            thread.start()
            thread.join()

    churn(300)
    before = resident()
    churn(3000)
    assert resident() - before < 2_000_000, resident() - before
    until(lambda: len(LEDGER.actors()) < 50)


def nothing_is_leaked_or_freed_too_often():
    CORE.arm()
    LEDGER.listen(True)
    text = "label " + str(os.getpid())
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    entry = CORE.recorder.create("Thing", sys._getframe())

    def work():
        label = (1, text)
        _core.set_label(label)
        with lock, rlock, rlock, condition:
            condition.wait(0.0001)
        lock.acquire(True, 0.001)
        lock.acquire(timeout=0.0001)
        lock.release()
        for wrong in (lock.release, rlock.release, lambda: lock.acquire(True, -5)):
            with contextlib.suppress(RuntimeError, ValueError):
                wrong()
        CORE.recorder.acquired(entry, True, sys._getframe())
        hold = CORE.recorder.released(entry, True)
        CORE.recorder.restore(entry, hold)
        CORE.recorder.released(entry, True)
        CORE.recorder.waited(CORE.recorder.waiting(entry, True, False, sys._getframe()))
        for read in (LEDGER.locks, LEDGER.totals, LEDGER.holds, LEDGER.waits, LEDGER.actors,
                     LEDGER.look, LEDGER.drain_events, LEDGER.drain_births):  # fmt: skip
            read()
        _core.stack(1)
        _core.set_label((0, ""))

    def count():
        gc.collect()
        singles = [
            sys.getrefcount(it) for it in (None, True, False, text, work.__code__, lock, entry)
        ]
        return sys.getallocatedblocks(), singles

    for _ in range(50):
        work()
    blocks, singles = count()
    for _ in range(300):
        work()
    blocks_after, singles_after = count()
    assert abs(blocks_after - blocks) < 150, blocks_after - blocks
    drift = [abs(a - b) for a, b in zip(singles_after, singles, strict=True)]
    assert max(drift) < 150, drift


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


def other_interpreters_are_left_alone():
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters
    else:
        import _xxsubinterpreters as interpreters
    CORE.arm()
    before = len(LEDGER.locks())
    source = """
import threading
locks = [threading.Lock() for _ in range(100)] + [threading.RLock() for _ in range(100)]
for lock in locks:
    with lock:
        pass
condition = threading.Condition()
with condition:
    condition.wait(0.001)
del locks, lock
try:
    import locktrace.agent._core
except ImportError:
    pass
else:
    raise SystemExit("a second interpreter was given the core")
import locktrace
locktrace.install()
from locktrace.agent.switch import AGENT
assert not AGENT.installed
"""
    for _ in range(3):
        inner = interpreters.create()
        failed = interpreters.run_string(
            inner, "import sys; sys.path[:] = " + repr(sys.path) + source
        )
        assert not failed, failed
        interpreters.destroy(inner)
    with OLD:
        pass
    assert len(LEDGER.locks()) == before


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


def a_method_in_c_is_as_the_python_one():
    def face(method):
        bound = method.__get__(threading.BoundedSemaphore(1))
        told = [
            getattr(method, name) for name in ("__name__", "__qualname__", "__doc__", "__module__")
        ]
        told += [str(inspect.signature(method)), inspect.isfunction(method), bound.__name__]
        return [*told, type(bound), repr(bound).split(" of ")[0], repr(method).split(" at ")[0]]

    methods = ("acquire", "__enter__", "release")
    originals = [getattr(threading.BoundedSemaphore, name) for name in methods]
    before = [face(method) for method in originals]
    patches = Patches()
    tap.recorder = CORE.recorder
    CORE.arm()
    semaphore.patch(patches)
    assert [face(getattr(threading.BoundedSemaphore, name)) for name in methods] == before
    permits = threading.BoundedSemaphore(1)
    assert permits.acquire() is True
    [hold] = LEDGER.holds()
    assert LEDGER.stack(hold[4]).frames[0][0] is sys._getframe().f_code
    assert permits.acquire(False) is False
    thread = threading.Thread(target=permits.acquire)
    thread.start()
    until(LEDGER.waits)
    permits.release()
    thread.join()
    assert len(LEDGER.holds()) == 1
    permits.release()
    for _ in range(2):
        with contextlib.suppress(ValueError):
            permits.release()
        assert LEDGER.holds() == []
    with permits:
        assert len(LEDGER.holds()) == 1
    patches.undo()
    assert [getattr(threading.BoundedSemaphore, name) for name in methods] == originals


def main():
    """Run the check that is named; without a name, tell the names."""
    names = list(globals())
    checks = names[names.index("ACTS") + 1 : names.index("main")]
    if len(sys.argv) == 1:
        print(*checks, sep="\n")
        return
    globals()[sys.argv[1]]()
    print("ok", flush=True)


main()
