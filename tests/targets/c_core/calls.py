"""A call of each function by which anybody comes into the C core; each leaves all as it was."""

import _multiprocessing
import _thread
import contextlib
import os
import queue
import sys
import threading

from checking import CORE, LEDGER, until
from methods import method_calls
from scopes import scope_calls
from things import MADE, ROWS, THING, Thing

from locktrace.agent import _core
from locktrace.agent.arrival import kinds, stack
from locktrace.agent.arrival.c_intake import CSlots
from locktrace.agent.primitives import simple_queue, tap

ME = threading.get_ident(), threading.get_native_id()
TASK, LABEL = (" ".join(("the", what)) for what in ("task", "label"))


class Blocked:
    """A thread that has been in a `with` block, and there in an acquire, since before tracing."""

    def __init__(self):
        self.held, self.wanted = threading.RLock(), _thread.allocate_lock()
        self.wanted.acquire()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.ident = self._thread.ident
        until(self._waits)

    def _run(self):
        with self.held:
            self.wanted.acquire(True, 1000)

    def _waits(self):
        frame = sys._current_frames()[self.ident]
        call = stack.blocked_call(frame, CSlots(), kinds.LOCKS)
        return call is not None and call.subject is self.wanted

    def look(self):
        """What is found of it by its frames."""
        frame = _core.frame_of(self.ident)
        call = stack.blocked_call(frame, CSlots(), kinds.LOCKS)
        [manager] = stack.managers(frame, CSlots(), kinds.LOCKS)
        assert (call.method, call.subject, call.arguments) == ("acquire", self.wanted, (True, 1000))
        assert manager.subject is self.held


def counted(calls):
    """What must be referred to as often after a call as before it."""
    functions = [vars(Thing)[name] for name in ("_try", "_give", "take", "give")]
    types = [_thread.LockType, _thread.RLock, _multiprocessing.SemLock, queue.SimpleQueue]
    codes = [function.__code__ for function in (*functions, Blocked._run, lock_calls)]
    flags = [None, True, False, NotImplemented]
    return [THING, TASK, LABEL, ME, ROWS, MADE, *functions, *types, *codes, *flags, *calls.values()]


def lock_calls():
    """Each method of the locks that we hook, and each way through it."""
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    items = queue.SimpleQueue()

    def waiting_for_a_held_one():
        with lock:
            lock.acquire(timeout=0.0001)

    def condition_waits():
        with condition:
            condition.wait(0.0001)

    def refused(act):
        with contextlib.suppress(RuntimeError, ValueError, TypeError, OverflowError):
            act()

    def saved_and_restored():
        with rlock, rlock:
            rlock._acquire_restore(rlock._release_save())

    def restored_very_deep():
        rlock._acquire_restore((2000, ME[0]))
        assert rlock._release_save()[0] == 2000

    def handed_over():
        lock.acquire()
        waiter = threading.Thread(target=within, args=(lock.release, lock.acquire))
        waiter.start()
        until(lambda: any(row[8] == id(lock) for row in LEDGER.waits()))
        lock.release()
        waiter.join()

    def got():
        items.put(1)
        items.get()
        with contextlib.suppress(queue.Empty):
            items.get(timeout=0.0001)

    return {
        "Lock": threading.Lock,
        "RLock": threading.RLock,
        "Condition": threading.Condition,
        "allocate_lock": _thread.allocate_lock,
        "acquire": lambda: within(lock.release, lock.acquire),
        "acquire_lock": lambda: within(lock.release_lock, lock.acquire_lock),
        "enter": lambda: within(lambda: lock.__exit__(None, None, None), lock.__enter__),
        "acquire(True, 1)": lambda: within(lock.release, lambda: lock.acquire(True, 1)),
        "acquire(False)": lambda: within(lock.release, lambda: lock.acquire(False)),
        "acquire(blocking)": lambda: within(lock.release, lambda: lock.acquire(blocking=Truth())),
        "acquire(wrong)": lambda: refused(lambda: lock.acquire(True, -5)),
        "acquire(huge)": lambda: refused(lambda: lock.acquire(True, 10**400)),
        "RLock.acquire": lambda: within(rlock.release, rlock.acquire),
        "RLock.enter": lambda: within(lambda: rlock.__exit__(None, None, None), rlock.__enter__),
        "_at_fork_reinit": lock._at_fork_reinit,
        "waits": waiting_for_a_held_one,
        "waits and gets it": handed_over,
        "release(wrong)": lambda: refused(lock.release),
        "RLock.release(wrong)": lambda: refused(rlock.release),
        "_acquire_restore": saved_and_restored,
        "_acquire_restore(deep)": restored_very_deep,
        "_acquire_restore(wrong)": lambda: refused(lambda: rlock._acquire_restore(None)),
        "Condition.wait": condition_waits,
        "SimpleQueue.get": got,
    }


def semaphore_calls():
    """The same of the semaphores between processes."""
    name = f"/mp-locktrace-{os.getpid()}"
    semaphore = _multiprocessing.SemLock(1, 1, 1, name, True)
    again = _multiprocessing.SemLock(0, 1, 1, name, True)
    permits = _multiprocessing.SemLock(1, 2, 2, name, True)

    def named():
        made = _multiprocessing.SemLock(1, 1, 1, name, False)
        _multiprocessing.SemLock._rebuild(made.handle, made.kind, made.maxvalue, made.name)
        _multiprocessing.sem_unlink(name)

    return {
        "SemLock.acquire": lambda: within(semaphore.release, semaphore.acquire),
        "SemLock.enter": lambda: within(
            lambda: semaphore.__exit__(None, None, None), semaphore.__enter__
        ),
        "SemLock.acquire(True, 1)": lambda: within(
            permits.release, lambda: permits.acquire(True, 1)
        ),
        "SemLock recursive": lambda: within(again.release, again.acquire),
        "SemLock made": named,
    }


def within(release, acquire):
    acquire()
    release()


class Truth:
    """A `blocking` that only Python code can answer for."""

    def __bool__(self):
        return True

    def __index__(self):
        return 1


def recording_calls():
    """Each function by which a primitive comes in."""
    recorder, frame = CORE.recorder, sys._getframe()
    entry = recorder.create(THING, frame)
    inner = _thread.allocate_lock()

    def put_back():
        recorder.acquired(entry, True, frame)
        recorder.restore(entry, recorder.released(entry, True))
        recorder.released(entry, True)
        recorder.released(entry, True)
        recorder.restore(entry, None)

    def again():
        recorder.acquired_again(entry, frame, 2)
        recorder.released_again(entry, 2)

    def built():
        scope = recorder.build(entry)
        assert recorder.building() is entry
        threading.Lock()
        recorder.built(scope)
        recorder.build(None)  # which ends by itself

    def waited_for(lock):
        recorder.waited(recorder.waiting(lock, True, False, frame))

    return {
        "restore": put_back,
        "acquired_again": again,
        "build": built,
        "task": lambda: by_somebody_else(entry, frame),
        "label": lambda: labelled(entry, frame),
        "create": lambda: recorder.create(THING, frame),
        "waiting": lambda: waited_for(recorder.create(THING, frame)),
        "waiting, dropped": lambda: recorder.waiting(entry, True, False, frame),
        "waiting for a lock in C": lambda: waited_for(inner),
        "attempting": lambda: recorder.attempting(0),
        "thread": lambda: recorder.thread(*ME),
        "thread of nobody": lambda: recorder.thread(1, 1),
        "id_of": lambda: (recorder.id_of(entry), recorder.id_of(inner), recorder.id_of(None)),
        "call": lambda: recorder.call(entry, THING),
        "hide": lambda: _core.hide(_thread.allocate_lock()),
    }


def by_somebody_else(entry, frame):
    recorder = CORE.recorder
    actor = recorder.task(TASK, *ME)
    recorder.relabel(LABEL, actor)
    recorder.acquired(entry, False, frame, actor)
    wait = recorder.waiting(entry, False, False, frame, actor)
    LEDGER.holds(), LEDGER.waits(), LEDGER.actors()
    recorder.waited(wait)
    recorder.released(entry, False, actor)
    recorder.finished(actor)
    LEDGER.drain_labels()


def labelled(entry, frame):
    recorder = CORE.recorder
    recorder.relabel(LABEL)
    recorder.acquired(entry, False, frame)
    wait = recorder.waiting(entry, False, False, frame)
    LEDGER.holds(), LEDGER.waits(), LEDGER.actors()
    recorder.waited(wait)
    recorder.released(entry, False)
    recorder.put_label((0, ""))
    LEDGER.drain_labels()


def reading_calls():
    """Each function by which the publisher comes in, or whoever switches us on and off."""
    jobs = queue.SimpleQueue()
    ROWS[id(jobs)] = (CORE.recorder.create(THING, None),)

    def awaited(jobs):
        with contextlib.suppress(queue.Empty):
            jobs.get(timeout=0.0001)

    def refused(function, *arguments):
        with contextlib.suppress(TypeError, OverflowError, ValueError):
            function(*arguments)

    return {
        "wrong arguments": lambda: (
            refused(_core.create),
            refused(_core.acquired),
            refused(_core.put_label, ("a", "b")),
            refused(_core.look, "a", {}, True),
            refused(_core.stack, -1),
            refused(_core.events, 1),
        ),
        "locks": LEDGER.locks,
        "totals": LEDGER.totals,
        "holds": LEDGER.holds,
        "waits": LEDGER.waits,
        "actors": LEDGER.actors,
        "look": LEDGER.look,
        "events": LEDGER.drain_events,
        "births": LEDGER.drain_births,
        "labels": LEDGER.drain_labels,
        "threads": _core.threads,
        "stack": lambda: _core.stack(1),
        "frame_of": lambda: _core.frame_of(ME[0]),
        "listen": lambda: (LEDGER.listen(False), LEDGER.listen(True)),
        "arm": lambda: (CORE.disarm(), CORE.arm()),
        "simple queue": lambda: (
            _core.trace_simple_queue(queue.SimpleQueue, simple_queue._waiting, ROWS),
            awaited(jobs),
            awaited(queue.SimpleQueue()),
            _core.trace_simple_queue(queue.SimpleQueue, None, {}),
        ),
    }


def _rest():
    while True:
        yield


RESTING = _rest()


def arrival_calls(blocked):
    """Each function by which is taken in what was there before us."""
    recorder = CORE.recorder
    entry = recorder.create(THING, sys._getframe())
    lock, rlock = _thread.allocate_lock(), threading.RLock()

    next(RESTING, None)
    frame = RESTING.gi_frame
    at = frame.f_lasti

    def hold(subject, shared=False, likely=False, found=frame):
        return _core.found_hold(subject, found, at, -1, *ME, shared, 1, likely, True)

    def wait(subject, timed=False, on=None):
        arguments = (subject, frame, frame, at, False, *ME, False, timed, 1, timed, on)
        return _core.found_wait(*arguments)

    def taken_before(subject, take_in):
        """Nobody has seen who took it."""
        CORE.disarm()
        subject.acquire()
        CORE.arm()
        LEDGER.listen(True)
        assert take_in()
        LEDGER.holds(), LEDGER.waits(), LEDGER.look(settled_ns=0)
        subject.release()
        assert not [row for row in LEDGER.holds() if row[7] or row[8]]

    def of_an_entry():
        assert hold(entry, likely=True)
        recorder.released(entry, False)
        assert wait(entry)
        LEDGER.look()
        recorder.released(entry, False)

    def told():
        recorder.acquired(entry, False, sys._getframe())
        _core.found(entry)
        recorder.released(entry, False)
        waiting = recorder.waiting(entry, False, False, sys._getframe())
        _core.found(waiting)
        recorder.waited(waiting)

    def forgotten():
        wait(recorder.create(THING, None))
        LEDGER.forget_holds()
        LEDGER.listen(True)

    return {
        "blocked_call and slot": blocked.look,
        "found_hold of a Lock": lambda: taken_before(lock, lambda: hold(lock)),
        "found_hold of an RLock": lambda: taken_before(rlock, lambda: hold(rlock, found=None)),
        "found_wait of a Lock": lambda: taken_before(lock, lambda: wait(lock, on=rlock)),
        "found_wait of an RLock": lambda: taken_before(rlock, lambda: wait(rlock, timed=True)),
        "found_wait, come back": lambda: taken_before(lock, lambda: wait(lock) and "released"),
        "of an entry": of_an_entry,
        "found": told,
        "forgotten": forgotten,
        "elsewhere": lambda: (_core.slot(frame, at + 2, 0, (object,)), hold(None), wait(None)),
    }


def all_calls():
    """Every way in. The blocked thread has been there before tracing."""
    blocked = Blocked()
    tap.recorder = CORE.recorder
    CORE.arm()
    LEDGER.listen(True)
    return {
        **lock_calls(),
        **semaphore_calls(),
        **recording_calls(),
        **method_calls(),
        **scope_calls(),
        **reading_calls(),
        **arrival_calls(blocked),
    }
