"""Whose is what in the C core, and what may run inside it."""

import ctypes
import gc
import os
import sys
import threading
import time

from calls import all_calls, counted
from checking import CORE, LEDGER, check, run, until

from locktrace.agent import _core

WARM, ROUNDS, LOOKS = 30, 200, 8
LEAKS_PLAINLY = {"_at_fork_reinit"}  # CPython leaves the old lock behind on purpose, until 3.12
GARBAGE_AT_A_CALL = 40
WITHOUT_CACHES = "glibc.malloc.tcache_count=0"


class _Mallinfo(ctypes.Structure):
    """As mallinfo2(3) has it."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
                     "uordblks", "fordblks", "keepcost")
    ]  # fmt: skip


_mallinfo = ctypes.CDLL(None).mallinfo2
_mallinfo.restype = _Mallinfo


def _count(shared):
    """Bytes that C code has of malloc, blocks of Python's, references to each of `shared`."""
    for _ in range(2):  # who has ended is freed once it has been told
        gc.collect()
        LEDGER.look()
    return [_mallinfo().uordblks, sys.getallocatedblocks(), *map(sys.getrefcount, shared)]


def _lost(name, call, shared):
    """What calls have cost for good, if that is one thing or 16 bytes in every other one.

    A leak shows in each look and in all of them together. What else goes up and down does not: a
    table grows once, and ended threads are swept a score at a time, as many in each look."""
    for _ in range(WARM):
        call()
    counts = [_count(shared)]
    for _ in range(LOOKS):
        for _ in range(ROUNDS):
            call()
        counts.append(_count(shared))
        since_last = _leaked(name, counts[-2], counts[-1], ROUNDS)
        in_all = _leaked(name, counts[0], counts[-1], ROUNDS * (len(counts) - 1))
        if not since_last or not in_all:
            return None
    return in_all


def _leaked(name, before, after, calls):
    """What so many calls have cost, or None if that is too little to be a leak."""
    lost = [now - then for now, then in zip(after, before, strict=True)]
    leaks = abs(lost[0]) > 8 * calls and name not in LEAKS_PLAINLY
    return lost if leaks or any(abs(each) > calls / 2 for each in lost[1:]) else None


def _without_malloc_s_caches():
    """Begin anew without them: what they keep is free and counts as in use, so that for a while a
    mere look adds to it."""
    if os.environ.get("GLIBC_TUNABLES") != WITHOUT_CACHES:
        os.environ["GLIBC_TUNABLES"] = WITHOUT_CACHES
        os.execv(sys.executable, sys.orig_argv)


class _Garbage:
    """A cycle whose finalizer takes traced locks, lets others run, and leaves another one."""

    left = 0
    lock, rlock = threading.Lock(), threading.RLock()
    ran = 0

    def __init__(self):
        self.me = self

    def __del__(self):
        cls = _Garbage
        cls.ran += 1
        if cls.left > 0:
            cls.left -= 1
            _Garbage()
        with cls.rlock:
            made = threading.Lock()
            with made:
                pass
        if cls.lock.acquire(False):
            cls.lock.release()
        time.sleep(0)


def _stir(lock, stop):
    """Uses a lock whenever another thread lets it, and makes nothing that would be collected."""
    while not stop:
        lock.acquire()
        os.sched_yield()
        lock.release()


class _Waiter:
    """Waits for its lock, then to be told, lets go of it, and says so."""

    def __init__(self):
        self.lock = threading.Lock()
        self.lock.acquire()
        self._asked, self._asks = os.pipe()
        self._done, self._says = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        until(lambda: self.frame().f_code is self._run.__code__)
        self.waits_at = self.frame().f_lasti

    def _run(self):
        self.lock.acquire()
        os.read(self._asked, 1)
        self.lock.release()
        os.write(self._says, b"x")

    def frame(self):
        return sys._current_frames()[self._thread.ident]

    def take_in(self):
        frame, thread = self.frame(), self._thread
        who = thread.ident, thread.native_id
        return _core.found_wait(
            self.lock, frame, frame, self.waits_at, False, *who, False, False, 1, False, None
        )

    def come_back(self):
        self.lock.release()
        until(lambda: self.frame().f_lasti != self.waits_at)

    def let_go(self):
        os.write(self._asks, b"x")
        os.read(self._done, 1)


class _Finally:
    """A cycle that does something when it is collected."""

    def __init__(self, act):
        self.me, self.act = self, act

    def __del__(self):
        self.act()


@check
def nothing_is_leaked_or_freed_too_often():
    """Each call by itself, so that many which are right do not hide one that is not."""
    _without_malloc_s_caches()
    calls = all_calls()
    shared = counted(calls)
    lost = {name: _lost(name, call, shared) for name, call in calls.items()}
    wrong = {name: [*loss[:2], max(loss[2:]), min(loss[2:])] for name, loss in lost.items() if loss}
    assert not wrong, f"bytes, blocks, most and fewest references: {wrong}"


@check
def a_finalizer_may_take_a_traced_lock_inside_any_of_our_functions():
    """Until 3.12 whatever makes an object that the collector tracks may run it; since, any call of
    Python code."""
    calls = all_calls()
    stop, reached = [], set()
    contended = threading.Lock()
    for _ in range(2):
        threading.Thread(target=_stir, args=(contended, stop), daemon=True).start()
    sys.setswitchinterval(1e-5)
    gc.set_threshold(1)
    for _ in range(5):
        for name, call in calls.items():
            gc.collect()  # it empties the free lists too: what is made is made anew
            _Garbage.left = GARBAGE_AT_A_CALL
            _Garbage()
            before = _Garbage.ran
            call()
            if _Garbage.ran > before:
                reached.add(name)
    gc.set_threshold(700)
    stop.append(True)
    missed = calls.keys() - reached
    assert len(reached) > len(calls) / 2, missed
    if sys.version_info < (3, 12):
        assert not missed & {"blocked_call and slot", "found_hold of a Lock", "holds", "look"}, (
            missed
        )
    assert not _Garbage.lock.locked()
    gc.collect()
    LEDGER.look(settled_ns=0)
    mine = threading.get_ident()
    me = {row.id for row in LEDGER.actors() if row.ident == mine}
    assert [row for row in LEDGER.holds() if row[3] in me] == []


@check
def others_come_back_while_a_found_wait_is_ended():
    """A thread that lets go of what it has waited for since before us ends its wait by itself."""
    first, second = _Waiter(), _Waiter()
    CORE.arm()
    assert first.take_in()
    assert second.take_in()
    first.come_back()
    frames = sys._current_frames()
    gc.collect()
    _Finally(lambda: (second.come_back(), second.let_go()))
    kept = [(each,) for each in range(10)]  # no tuple of one is left to be used again
    gc.set_threshold(1, 10, 10)
    _core.look(0, frames, True)
    gc.set_threshold(700)
    del kept
    gc.collect()
    assert LEDGER.waits() == []
    assert len(LEDGER.holds()) == 1
    first.let_go()
    assert LEDGER.holds() == []


run()
