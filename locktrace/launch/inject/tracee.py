"""A thread of another process, borrowed for a moment: stopped, made to call a few functions, given
back as it was.

Differs from injectors that attach with PTRACE_ATTACH in what the program must not notice: its
signals are held back by the thread's own signal mask, so none is lost and each is delivered
afterwards as if nothing had been; vector registers and errno are saved too; the thread is
taken at a place where the C library can be called (`safe_point`), and a system call that it was
in is started again by the kernel itself, in the way of a call that a stop has interrupted.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from locktrace.errors import CannotEnterError
from locktrace.launch.inject import ptrace, safe_point, way_back
from locktrace.launch.inject.memory import Mapping, Memory, mappings
from locktrace.launch.inject.ptrace import Registers

T = TypeVar("T")
STOP_S = 0.5  # for a thread to stop, once asked: longer in an uninterruptible sleep
PLACE_S = 5.0  # for some thread to come to a place where it can be borrowed
CALL_S = 10.0  # for a function called on it: dlopen may wait for another thread's import
NOWHERE = 0x10  # where nothing can be: a fault tells that a function has returned to it
_TO_NOWHERE = NOWHERE.to_bytes(8, "little")
_FRAME_AT = 56  # behind a multiple of 64
_STACK_GAP = 1024  # beyond the red zone, for a call that needs next to no stack
_QUICK_TURNS = 40  # of looking whether a thread has stopped: most do in some microseconds
_FAULTS = (
    signal.SIGSEGV,
    signal.SIGBUS,
    signal.SIGILL,
    signal.SIGFPE,
    signal.SIGTRAP,
    signal.SIGSYS,
)
_ALL_BUT_FAULTS = (1 << 64) - 1 - sum(1 << (number - 1) for number in _FAULTS)
_NO_CALL = (1 << 64) - 1  # the number of a system call that is none
_DIRECTION_AND_TRAP = 0x500  # flags that must be off when a function is called


class Tracee:
    """One borrowed thread. CannotEnterError, with the reason, when a call does not come back."""

    def __init__(self, pid: int, tid: int, memory: Memory) -> None:
        self.tid = tid
        self._pid = pid
        self._memory = memory
        self._registers = _as_asked_again(ptrace.registers(tid))
        self._vectors = ptrace.extended_state(tid)
        self._mask = ptrace.signal_mask(tid)
        self._held: list[int] = []
        self._frame = self._way_back = 0
        self.unsettle()

    def settle(self, place: int, *, runs: bool) -> None:
        """From now on calls have their stack below `place`, which is the first of FRAME_BYTES.

        If code `runs` there, the thread goes on by itself after a call in which we are killed.
        """
        self._frame, self._way_back = place + _FRAME_AT, 0
        if not runs:
            self._memory.write(self._frame, _TO_NOWHERE)
            return
        code = place + way_back.FRAME_BYTES - 64
        self._memory.write(code, way_back.CODE)
        frame = way_back.frame(self._registers, self._mask, self._vectors, self._frame, code)
        self._memory.write(self._frame, frame)
        self._way_back = code + len(way_back.CODE)

    def unsettle(self) -> None:
        """Calls have the thread's own stack, as at first: they may need next to none of it."""
        self._frame, self._way_back = (self._registers.rsp - _STACK_GAP & ~0xF) - 8, 0
        self._memory.write(self._frame, _TO_NOWHERE)

    def call(self, function: int, *arguments: int) -> int:
        """What the function at this address returns, as an unsigned 64-bit number."""
        here = Registers.from_buffer_copy(self._registers)
        here.rsp = self._frame
        for name, value in zip(("rdi", "rsi", "rdx", "rcx", "r8", "r9"), arguments, strict=False):
            setattr(here, name, value & (1 << 64) - 1)
        here.rip, here.rax, here.orig_rax = function, 0, _NO_CALL
        here.eflags &= ~_DIRECTION_AND_TRAP
        ptrace.set_registers(self.tid, here)
        ptrace.set_signal_mask(self.tid, _ALL_BUT_FAULTS)
        deadline = time.monotonic() + CALL_S
        while True:
            ptrace.request(ptrace.SYSCALL if self._way_back else ptrace.CONT, self.tid)
            number = self._await_stop(deadline)
            after = ptrace.registers(self.tid)
            if number == signal.SIGSEGV and after.rip == NOWHERE:
                return int(after.rax)
            if number == ptrace.AT_SYSCALL:
                if after.rip == self._way_back and after.orig_rax == way_back.RT_SIGRETURN:
                    return int(after.rdi)
                continue
            if number in _FAULTS:
                raise CannotEnterError(
                    f"a call in process {self._pid} ended in {signal.Signals(number).name}; "
                    "a filter of system calls may forbid what it needs"
                )
            if number:
                self._held.append(number)

    def _leave_system_call(self) -> None:
        """Stop where the kernel starts a system call again: not at the entry of another one."""
        here = ptrace.registers(self.tid)
        if here.rip == self._way_back:
            here.rip -= len(way_back.CODE)
            here.orig_rax = _NO_CALL
            ptrace.set_registers(self.tid, here)
        ptrace.request(ptrace.INTERRUPT, self.tid)
        while True:
            ptrace.request(ptrace.CONT, self.tid)
            number = _await_stop(self._pid, self.tid, time.monotonic() + CALL_S)
            if not number or number in _FAULTS:
                return
            self._held.append(number)

    def _await_stop(self, deadline: float) -> int:
        try:
            return _await_stop(self._pid, self.tid, deadline)
        except TimeoutError:
            ptrace.request(ptrace.INTERRUPT, self.tid)
            _await_stop(self._pid, self.tid, time.monotonic() + STOP_S)
            raise CannotEnterError(
                f"a call in process {self._pid} did not come back within {CALL_S:.0f} s"
            ) from None

    def give_back(self) -> None:
        """Let the thread go on as if nothing had been."""
        with contextlib.suppress(ProcessLookupError):
            if self._way_back:
                self._leave_system_call()
            ptrace.set_registers(self.tid, self._registers)
            ptrace.set_extended_state(self.tid, self._vectors)
            ptrace.set_signal_mask(self.tid, self._mask)
            ptrace.request(ptrace.DETACH, self.tid)
        for number in self._held:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)


def _as_asked_again(registers: Registers) -> Registers:
    """Of a thread in an epoll_wait without time limit, which any stop ends with EINTR.

    Nothing had come, so to ask again is the same. With a limit it is left to the program, which
    knows how much of that is left.
    """
    endless = registers.r10 & 0xFFFFFFFF == 0xFFFFFFFF
    epoll = registers.orig_rax in {safe_point.EPOLL_WAIT, safe_point.EPOLL_PWAIT}
    if epoll and endless and _signed(registers.rax) == -safe_point.EINTR:
        registers.rip -= 2  # the two bytes of `syscall`
        registers.rax, registers.orig_rax = registers.orig_rax, _NO_CALL
    return registers


@contextlib.contextmanager
def borrowed(pid: int, memory: Memory) -> Iterator[Tracee]:
    """A thread of process `pid`, stopped at a safe point, and given back at the end.

    OSError if the kernel does not permit it, CannotEnterError if no thread comes to such a point.
    """
    deadline = time.monotonic() + PLACE_S
    with _undisturbed():
        late: set[int] = set()
        while (tracee := _borrow(pid, memory, deadline, late)) is None:
            if time.monotonic() > deadline:
                raise CannotEnterError(
                    f"no thread of process {pid} came to a place where it could be borrowed within "
                    f"{PLACE_S:.0f} s; try again"
                )
        try:
            yield tracee
        finally:
            tracee.give_back()


def _borrow(pid: int, memory: Memory, deadline: float, late: set[int]) -> Tracee | None:
    """Try each thread once, those first that sleep where it is harmless.

    `late` are those that we have asked to stop already, and that have not.
    """
    for tid in _candidates(pid):
        try:
            if tid not in late:
                ptrace.request(ptrace.SEIZE, tid, 0, ptrace.MARK_SYSCALLS)
        except ProcessLookupError:
            continue
        tracee = None
        try:
            _stop(pid, tid, min(deadline, time.monotonic() + STOP_S))
            if _may_be_borrowed(tid, mappings(pid)):
                tracee = Tracee(pid, tid, memory)
                return tracee
        except (TimeoutError, ProcessLookupError):
            pass
        finally:
            if tracee is None:
                (late.discard if _let_go(tid) else late.add)(tid)
        if time.monotonic() > deadline:
            return None
    return None


def _candidates(pid: int) -> Iterator[int]:
    """The threads of a process: as soon as one is met, those that sleep where it is harmless."""
    try:
        names = os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        raise CannotEnterError(f"process {pid} has ended meanwhile") from None
    others = []
    for tid in map(int, names):
        rank = _rank(pid, tid)
        if rank:
            others.append((rank, tid))
        else:
            yield tid
    for _, tid in sorted(others):
        yield tid


def _stop(pid: int, tid: int, deadline: float) -> None:
    """Stop a thread that is seized; a signal on its way to the thread is handed on first."""
    ptrace.request(ptrace.INTERRUPT, tid)
    while number := _await_stop(pid, tid, deadline):
        ptrace.request(ptrace.CONT, tid, 0, number)


def _rank(pid: int, tid: int) -> int:
    try:
        with open(f"/proc/{pid}/task/{tid}/syscall", encoding="ascii") as call:
            return safe_point.rank(call.read())
    except OSError:
        return 3


def _may_be_borrowed(tid: int, found: list[Mapping]) -> bool:
    here = ptrace.registers(tid)
    call = _signed(here.orig_rax)
    return safe_point.is_safe(
        found,
        asleep=call >= 0 and safe_point.is_asleep(call, _signed(here.rax)),
        call=call,
        argument=here.rdi,
        place=here.rip,
    )


def in_passing(act: Callable[[], T]) -> T:
    """What `act`, which borrows, returns; afterwards no thread of the other process is traced.

    One that was asked to stop and has not in time would stop later, for as long as we live. Only
    the kernel can let go of it, and does so at the end of the thread that asked.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(act())
        except BaseException as error:
            errors.append(error)

    with _undisturbed():
        thread = threading.Thread(target=run, name="locktrace-visit")
        thread.start()
        thread.join()
        _await_end(thread.native_id)
    for error in errors:
        raise error
    return results[0]


def _await_end(tid: int | None) -> None:
    """`join` returns a moment before the kernel has ended the thread."""
    while os.path.exists(f"/proc/self/task/{tid}"):
        time.sleep(0.0001)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals wait until it is over: no half visit."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _let_go(tid: int) -> bool:
    """Detach; not of one that has not stopped: the kernel does so when this thread of ours ends."""
    try:
        ptrace.request(ptrace.DETACH, tid)
    except OSError:
        return False
    return True


def _await_stop(pid: int, tid: int, deadline: float) -> int:
    """Wait for the thread's next stop; the signal that came with it, 0 for a stop we asked for.

    TimeoutError when it does not stop, CannotEnterError when the process ends.
    """
    pause = 0.0
    for turn in itertools.count():
        try:
            found, status = os.waitpid(tid, os.WNOHANG | ptrace.WALL)
        except ChildProcessError:
            raise ProcessLookupError(f"thread {tid} is gone") from None
        if found:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"thread {tid} does not stop")
        if turn < _QUICK_TURNS:
            os.sched_yield()
            continue
        pause = min(pause * 1.5 + 0.00005, 0.002)
        time.sleep(pause)
    if not os.WIFSTOPPED(status):
        if tid != pid and os.path.exists(f"/proc/{pid}/task"):
            raise ProcessLookupError(f"thread {tid} has ended")
        raise CannotEnterError(f"process {pid} has ended meanwhile")
    return 0 if status >> 16 == ptrace.EVENT_STOP else os.WSTOPSIG(status)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
