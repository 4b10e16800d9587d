"""How the C core traces `multiprocessing`'s locks."""

import contextlib
import os
import sys
import threading
import time

from checking import CORE, LEDGER, check, run

from locktrace.agent import names
from locktrace.agent.semaphore_files import NOT_SHARED, SemaphoreFiles

if "imported_later" not in sys.argv[1:2]:
    import _multiprocessing
    import multiprocessing

    FORK = multiprocessing.get_context("fork")
    OLD = FORK.Lock()

ACTS = [
    lambda lock: lock.acquire("a", "b"),
    lambda lock: lock.acquire(False, 1),
    lambda lock: lock.release(),
    lambda lock: lock.acquire(True, -5),
    lambda lock: lock.release(),
    lambda lock: lock.acquire(timeout="x"),
    lambda lock: lock.acquire(nothing=1),
    lambda lock: lock.acquire(True, 1, 2),
    lambda lock: (lock.acquire(block=False), lock.acquire(timeout=0.001), lock.release()),
    lambda lock: (lock.__enter__(), lock.__exit__(None, None, None)),
    lambda lock: lock.release(),
]


def named(lock_id):
    """Kind and name of a lock that is listed."""
    [row] = [row for row in LEDGER.locks() if row.id == lock_id]
    kind = names.lock_kind(row.kind, row.stack)
    return kind, names.lock_name(kind, row.stack, "")


def held():
    """Name, shared of each hold."""
    return sorted((*named(row[1]), row[2]) for row in LEDGER.holds())


def in_child(work):
    """Run `work` in a forked child; what it returned, if it is a small number."""
    child = os.fork()
    if child == 0:
        code = 99
        with contextlib.suppress(BaseException):
            LEDGER.forked()
            code = work() or 0
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def totals_of(name):
    [row] = [row for row in LEDGER.totals() if named(row[0])[1] == name]
    return row


# -- checks


@check
def each_kind_is_held_as_what_it_is():
    CORE.arm()
    lock = FORK.Lock()
    rlock = FORK.RLock()
    semaphore = FORK.Semaphore(2)
    bounded = FORK.BoundedSemaphore(3)
    prefix = "each_kind_is_held_as_what_it_is."
    with lock, rlock, rlock, semaphore, bounded:
        assert held() == [
            ("multiprocessing.BoundedSemaphore", prefix + "bounded", 1),
            ("multiprocessing.Lock", prefix + "lock", 0),
            ("multiprocessing.RLock", prefix + "rlock", 0),
            ("multiprocessing.Semaphore", prefix + "semaphore", 1),
        ]
        assert all(row.os_name.startswith("/mp-") for row in LEDGER.locks() if row.stack)
    assert held() == []
    assert totals_of(prefix + "rlock")[1] == 2


@check
def compounds_are_named_as_their_users_know_them():
    CORE.arm()
    before = {row.id for row in LEDGER.locks()}
    event = FORK.Event()
    condition = FORK.Condition()
    queue = FORK.Queue()
    prefix = "compounds_are_named_as_their_users_know_them."
    found = {named(row.id) for row in LEDGER.locks() if row.id not in before}
    assert found >= {
        ("multiprocessing.Event", prefix + "event"),
        ("multiprocessing.Semaphore", prefix + "event._flag"),
        ("multiprocessing.Condition", prefix + "condition"),
        ("multiprocessing.RLock", prefix + "condition._lock"),
        ("multiprocessing.Semaphore", prefix + "condition._sleeping_count"),
        ("multiprocessing.Queue", prefix + "queue"),
        ("multiprocessing.Lock", prefix + "queue._wlock"),
    }, found
    del event, condition, queue


@check
def everything_looks_as_before():
    def face(lock):
        shown = [type(lock), repr(lock).split(" at ")[0], lock._semlock._count()]
        for act in ACTS:
            try:
                shown.append(act(lock))
            except BaseException as error:
                shown += [type(error), str(error)]
        return shown

    makers = (FORK.Lock, FORK.RLock, lambda: FORK.Semaphore(2), lambda: FORK.BoundedSemaphore(2))
    plain = [face(make()) for make in makers]
    CORE.arm()
    traced = [face(make()) for make in makers]
    assert plain == traced, (plain, traced)
    CORE.disarm()
    assert plain == [face(make()) for make in makers]


@check
def a_lock_of_before_is_traced():
    CORE.arm()
    with OLD:
        LEDGER.look(settled_ns=0)
        [hold] = LEDGER.holds()
        assert named(hold[1]) == (
            "multiprocessing.Lock",
            "multiprocessing.Lock made before tracing",
        )
    assert LEDGER.holds() == []


@check
def imported_later():
    CORE.arm()
    assert "_multiprocessing" not in sys.modules
    import multiprocessing

    lock = multiprocessing.get_context("fork").Lock()
    with lock:
        assert held() == [("multiprocessing.Lock", "imported_later.lock", 0)]
    CORE.disarm()
    with lock:
        assert held() == []
    CORE.arm()
    with lock:
        assert LEDGER.holds() == []  # met anew: it is told of once it is held for long
        LEDGER.look(settled_ns=0)
        assert len(LEDGER.holds()) == 1


@check
def what_another_process_releases_is_held_no_longer():
    CORE.arm()
    lock = FORK.Lock()
    semaphore = FORK.Semaphore(2)
    lock.acquire()
    semaphore.acquire()
    semaphore.acquire()
    assert in_child(lock.release) == in_child(semaphore.release) == 0
    assert len(held()) == 3
    LEDGER.look(settled_ns=0)
    assert [row[2] for row in held()] == [1]
    name = "what_another_process_releases_is_held_no_longer."
    assert totals_of(name + "lock")[5] == totals_of(name + "semaphore")[5] == 1
    lock.acquire()
    assert in_child(lock.release) == 0
    lock.acquire()
    assert [row[2] for row in held()] == [0, 1]


@check
def messages_are_not_held():
    CORE.arm()
    queue, told = FORK.Queue(), FORK.Semaphore(0)

    def consume():
        for _ in range(5):
            assert queue.get() == "job"
            told.release()
        return len([row for row in LEDGER.holds() if row[2]])

    for _ in range(5):
        queue.put("job")
    assert in_child(consume) == 0
    for _ in range(5):
        told.acquire()
    LEDGER.look(settled_ns=0)
    assert [row for row in held() if row[0].endswith("Semaphore")] == []
    queue.close()
    queue.join_thread()


@check
def a_forked_child_holds_nothing_of_its_parent_s():
    CORE.arm()
    lock = FORK.Lock()
    with lock:
        assert in_child(lambda: len(LEDGER.holds())) == 0
        assert in_child(lambda: int(lock.acquire(timeout=0.01))) == 0
        assert len(LEDGER.holds()) == 1


@check
def a_wait_for_another_process_is_shown():
    CORE.arm()
    lock = FORK.Lock()
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        lock.acquire()
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        lock.release()
        os._exit(0)
    os.read(ready[0], 1)
    assert not lock.acquire(timeout=0.01)
    [row] = [row for row in LEDGER.totals() if row[2]]
    assert named(row[0])[1] == "a_wait_for_another_process_is_shown.lock"
    assert row[2] == 1
    os.write(go[1], b"x")
    os.waitpid(child, 0)
    with lock:
        assert len(LEDGER.holds()) == 1


@check
def a_lock_got_by_name_is_the_same_to_the_system():
    CORE.arm()
    name = f"/mp-locktrace-{os.getpid()}"
    lock = _multiprocessing.SemLock(1, 1, 1, name, False)
    again = _multiprocessing.SemLock._rebuild(lock.handle, lock.kind, lock.maxvalue, lock.name)
    _multiprocessing.sem_unlink(name)
    rows = [row for row in LEDGER.locks() if row.kind == "multiprocessing.Lock"]
    assert len(rows) == 2
    assert {row.os_name for row in rows} == {name}
    with lock:
        assert len(LEDGER.holds()) == 1
        assert not again.acquire(False)
        again.release()
        LEDGER.look(settled_ns=0)
        assert LEDGER.holds() == []
        again.acquire()
    LEDGER.look(settled_ns=0)
    assert LEDGER.holds() == []


@check
def a_lock_given_back_by_another_process_is_known_there_as_handed_over():
    CORE.arm()
    lock = FORK.Lock()
    lock.acquire()
    name = "a_lock_given_back_by_another_process_is_known_there_as_handed_over.lock"

    def give_back():
        lock.release()
        return totals_of(name)[5]

    assert in_child(give_back) == 1


@check
def a_forked_child_counts_anew():
    CORE.arm()
    lock = FORK.Lock()
    for _ in range(3):
        with lock:
            pass

    def count():
        with lock:
            return totals_of("a_forked_child_counts_anew.lock")[1]

    assert in_child(count) == 1


@check
def each_semaphore_has_a_file_of_its_own_whatever_its_name():
    CORE.arm()
    name = f"/mp-locktrace-{os.getpid()}"
    lock = _multiprocessing.SemLock(1, 1, 1, name, False)
    again = _multiprocessing.SemLock._rebuild(lock.handle, lock.kind, lock.maxvalue, lock.name)
    _multiprocessing.sem_unlink(name)
    namesake = _multiprocessing.SemLock(1, 1, 1, name, True)
    handles = {row.handle for row in LEDGER.locks() if row.os_name == name}
    files = SemaphoreFiles()
    identities = {files.of(handle) for handle in handles}
    assert len(identities) == 2
    assert all(identity.id and identity.name for identity in identities)
    assert SemaphoreFiles().of(1) == NOT_SHARED
    del again, namesake


@check
def who_reads_a_queue_waits_for_it():
    CORE.arm()
    from locktrace.agent.primitives import process_queues, tap
    from locktrace.agent.primitives.patches import Patches

    queue = FORK.Queue()
    tap.recorder = CORE.recorder
    patches = Patches()
    process_queues.patch(patches, sys.modules["multiprocessing.queues"])
    reader = threading.Thread(target=queue.get)
    reader.start()
    while not LEDGER.waits():
        time.sleep(0.01)
    waits = {named(row[1]) for row in LEDGER.waits()}
    queue.put("job")
    reader.join()
    assert waits == {("multiprocessing.Queue", "who_reads_a_queue_waits_for_it.queue")}
    patches.undo()
    queue.close()
    queue.join_thread()


run()
