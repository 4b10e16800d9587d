"""That a program sees nothing of the C core: types, methods, pointers, other interpreters."""

import _imp
import _multiprocessing
import _thread
import contextlib
import copy
import ctypes
import gc
import inspect
import pickle
import queue
import signal
import sys
import threading
import time
import weakref

from checking import CORE, LEDGER, check, made_here, run, until

from locktrace.agent import _core
from locktrace.agent.primitives import condition, queues, semaphore, tap
from locktrace.agent.primitives.patches import Patches

OLD = threading.Lock()
SHARED_METHODS = ("acquire", "release", "__enter__", "__exit__", "_at_fork_reinit")
METHODS = {
    _thread.LockType: (*SHARED_METHODS, "acquire_lock", "release_lock"),
    _thread.RLock: (*SHARED_METHODS, "_release_save", "_acquire_restore"),
    _multiprocessing.SemLock: (*SHARED_METHODS[:4], "_after_fork", "_rebuild"),
}
FUNCTIONS = [
    function
    for module, names in ((_thread, ("allocate_lock", "allocate", "_set_sentinel")),
                          (_imp, ("exec_dynamic", "exec_builtin")))
    for name in names
    if (function := getattr(module, name, None)) is not None
]  # fmt: skip
DESCR_METHOD, CFUNCTION_METHOD, TYPE_DEALLOC, TYPE_NEW = 40, 16, 48, 312
WORD = ctypes.sizeof(ctypes.c_void_p)


class Heir(_thread.RLock):
    """A subclass from before tracing."""


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
    for function in FUNCTIONS:
        found[function.__name__] = word(word(id(function) + CFUNCTION_METHOD) + WORD)
    got = word(id(vars(queue.SimpleQueue)["get"]) + DESCR_METHOD)
    found["SimpleQueue.get"] = word(got + WORD)
    found["Heir", TYPE_NEW] = word(id(Heir) + TYPE_NEW)
    return found


@check
def pointers_are_restored():
    before = pointers()
    for _ in range(3):
        CORE.arm()
        assert _core.trace_simple_queue(queue.SimpleQueue, lambda *_: None, {})
        during = pointers()
        changed = {key for key in before if during[key] != before[key]}
        untouched = set(before) - changed
        assert untouched <= {("lock", TYPE_NEW)}, untouched
        _core.trace_simple_queue(queue.SimpleQueue, None, {})
        CORE.disarm()
        assert pointers() == before


@check
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


@check
def a_lock_that_is_taken_without_its_method_is_as_one_that_the_method_takes():
    def faces(lock, levels):
        shown = [body(lock)]
        for _ in range(levels):
            assert lock.acquire() is True
            shown.append((body(lock), face(lock)))
        for _ in range(levels):
            lock.release()
            shown.append((body(lock), face(lock)))
        return shown

    def body(lock):
        """The bytes behind the head, and behind the address of a mutex of its own."""
        own_mutex = 8 if sys.version_info < (3, 14) else 0
        size = (_thread.RLock if isinstance(lock, _thread.RLock) else type(lock)).__basicsize__
        return ctypes.string_at(id(lock), size)[16 + own_mutex :]

    def face(lock):
        is_taken = lock._is_owned if isinstance(lock, _thread.RLock) else lock.locked
        return repr(lock).split(" at ")[0], is_taken()

    kinds = [(threading.Lock, 1), (threading.RLock, 3), (Heir, 3)]
    plain = [faces(make(), levels) for make, levels in kinds]
    CORE.arm()
    assert _core.is_direct(threading.Lock())
    assert _core.is_direct(threading.RLock())
    assert [faces(make(), levels) for make, levels in kinds] == plain
    assert faces(OLD, 1) == plain[0]  # made before tracing


@check
def a_lock_that_is_waited_for_without_its_method_is_as_one_that_the_method_waits_for():
    class InterruptionError(Exception):
        """What a signal handler raises into a wait."""

    def holder(lock, holds, enough):
        with lock:
            holds.set()
            enough.wait()

    def waited_for(make, ticks):
        """A signal at each millisecond: who is just about to wait is not woken by one.

        The handler raises, or lets go at the last tick."""
        lock, holds, enough, came = make(), threading.Event(), threading.Event(), []

        def tick(*_):
            came.append(1)
            if len(came) == ticks:
                enough.set()
            elif not ticks and len(came) == 1:
                raise InterruptionError

        other = threading.Thread(target=holder, args=(lock, holds, enough))
        other.start()
        holds.wait()
        signal.signal(signal.SIGALRM, tick)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            taken = lock.acquire()
        except InterruptionError:
            taken = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        enough.set()
        other.join()
        shown = [taken, repr(lock).split(" object")[0], lock.acquire(False)]
        while shown.count(True) > shown.count("released"):
            lock.release()
            shown.append("released")
        return [*shown, repr(lock).split(" object")[0]]

    turns = [(make, ticks) for make in (threading.Lock, threading.RLock, Heir) for ticks in (0, 3)]
    plain = [waited_for(*turn) for turn in turns]
    assert plain[0] == [None, "<unlocked _thread.lock", True, "released", "<unlocked _thread.lock"]
    CORE.arm()
    assert [waited_for(*turn) for turn in turns] == plain
    assert (LEDGER.holds(), LEDGER.waits()) == ([], [])


def is_as_a_function(method):
    """To who keeps it: by a weak reference, pickled, copied."""
    return [
        weakref.ref(method)() is method,
        pickle.loads(pickle.dumps(method)) is method,
        copy.copy(method) is copy.deepcopy(method) is method,
    ]


@check
def a_method_in_c_is_as_the_python_one():
    def face(method):
        bound = method.__get__(threading.BoundedSemaphore(1))
        told = [
            getattr(method, name) for name in ("__name__", "__qualname__", "__doc__", "__module__")
        ]
        told += [str(inspect.signature(method)), inspect.isfunction(method), bound.__name__]
        told += [*is_as_a_function(method), weakref.WeakMethod(bound)() == bound]
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


@check
def a_constructor_in_c_is_as_the_python_one():
    class Heir(threading.Condition):
        def __init__(self):
            super().__init__(threading.Lock())
            self.made = True

    def face(cls):
        init = cls.__init__
        told = [init.__name__, init.__qualname__, init.__doc__, init.__module__]
        told += [str(inspect.signature(cls)), str(inspect.signature(init)), type(init.__get__(1))]
        for wrong in (lambda: cls(1, 2, 3), lambda: cls(lok=1), init):
            try:
                wrong()
            except TypeError as error:
                told.append(str(error))
        told += is_as_a_function(init)
        return [*told, inspect.isfunction(init), repr(init).split(" at ")[0]]

    before = face(threading.Condition)
    patches = Patches()
    tap.recorder = CORE.recorder
    CORE.arm()
    condition.patch(patches)
    assert face(threading.Condition) == before
    made, heir, given = threading.Condition(), Heir(), threading.Condition(lock=threading.RLock())
    conditions = [row for row in made_here() if row.kind == "Condition"]
    assert {row.stack.frames[0][0].co_name for row in conditions} == {
        "a_constructor_in_c_is_as_the_python_one",
        "__init__",
    }
    assert len(conditions) == 3
    inner = [row.parent for row in made_here() if row.kind != "Condition" and row.parent]
    assert len(inner) == 1  # an Heir's lock and a given one are nobody's
    assert set(inner) < {row.id for row in conditions}
    assert heir.made
    del made, heir, given
    gc.collect()
    assert made_here() == []
    patches.undo()
    assert face(threading.Condition) == before


def is_interrupted(wait):
    """By the exception of a signal handler."""

    class InterruptedWaitError(Exception):
        pass

    interrupted = []

    def interrupt(*_):
        if not interrupted:
            interrupted.append(True)
            raise InterruptedWaitError

    def send_signals_to_who_waits():
        """More than one: who is just about to wait is not woken by it."""
        until(LEDGER.waits)
        while not interrupted:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
            time.sleep(0.01)

    signal.signal(signal.SIGALRM, interrupt)
    _thread.start_new_thread(send_signals_to_who_waits, ())
    with contextlib.suppress(InterruptedWaitError):
        wait()
        raise AssertionError("nobody interrupted it")


@check
def a_wait_in_c_is_as_the_python_one():
    def face(method):
        bound = method.__get__(threading.Condition())
        told = [method.__name__, method.__qualname__, method.__doc__, method.__module__]
        told += is_as_a_function(method)
        return [*told, str(inspect.signature(method)), inspect.isfunction(method), type(bound)]

    original, before = threading.Condition.wait, face(threading.Condition.wait)
    patches = Patches()
    tap.recorder = CORE.recorder
    CORE.arm()
    condition.patch(patches)
    queues.patch(patches, queue)
    assert face(threading.Condition.wait) == before
    changed, items = threading.Condition(), queue.Queue()

    def wait_for_both():
        with changed:
            changed.wait()
        items.get()

    waiter = threading.Thread(target=wait_for_both)
    waiter.start()
    until(LEDGER.waits)
    [wait] = LEDGER.waits()
    assert LEDGER.stack(wait[4]).frames[0][0] is wait_for_both.__code__
    with changed:
        changed.notify()
    until(lambda: len(LEDGER.waits()) == 2)  # for the queue by its condition
    made = {LEDGER.stack(wait[4]).frames[0][0] for wait in LEDGER.waits()}
    assert made == {wait_for_both.__code__, queue.Queue.get.__code__}
    items.put(None)
    waiter.join()
    with changed:
        assert changed.wait(0.0001) is False
        assert changed.wait(timeout=0.0001) is False
        assert changed.wait_for(lambda: False, 0.0001) is False
        is_interrupted(changed.wait)
    for wrong in ((), (1, 2)):
        with contextlib.suppress(RuntimeError, TypeError):
            changed.wait(*wrong)
            raise AssertionError("it should have refused")
    assert LEDGER.waits() == []
    patches.undo()
    assert threading.Condition.wait is original


@check
def other_interpreters_are_left_alone():
    if sys.version_info >= (3, 13):
        import _interpreters as interpreters
    else:
        import _xxsubinterpreters as interpreters
    CORE.arm()
    asked = []
    assert _core.trace_simple_queue(queue.SimpleQueue, lambda *call: asked.append(call), {})
    before = len(LEDGER.locks())
    source = """
import queue, threading
locks = [threading.Lock() for _ in range(100)] + [threading.RLock() for _ in range(100)]
for lock in locks:
    with lock:
        pass
condition = threading.Condition()
with condition:
    condition.wait(0.001)
try:
    queue.SimpleQueue().get(timeout=0.001)
except queue.Empty:
    pass
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
    assert (len(LEDGER.locks()), asked) == (before, [])
    _core.trace_simple_queue(queue.SimpleQueue, None, {})


@check
def a_metaclass_may_tell_what_it_likes_of_its_subclasses():
    class Odd(type):
        def __subclasses__(cls):
            return [1, None, "odd"]

    class Heir(_thread.RLock, metaclass=Odd):
        pass

    class Grandchild(Heir):
        pass

    news = [word(id(cls) + TYPE_NEW) for cls in (Heir, Grandchild)]
    CORE.arm()
    with Grandchild():
        assert len(LEDGER.holds()) == 1
    CORE.disarm()
    assert [word(id(cls) + TYPE_NEW) for cls in (Heir, Grandchild)] == news


run()
