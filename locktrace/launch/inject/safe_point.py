"""Where a thread may be stopped to call functions of the C library on it.

Not while it is inside the memory allocator or the dynamic linker: a call made there would wait
for a lock that the thread has itself, or find their data half changed. It is inside of neither
when it sleeps in a system call that they do not make, or runs code of another library.
"""

from __future__ import annotations

import re

from locktrace.launch.inject.memory import Mapping, mapping_at

FUTEX, EPOLL_WAIT, EPOLL_PWAIT = 202, 232, 281
# read poll select recvfrom accept recvmsg wait4 pause nanosleep futex restart_syscall
# clock_nanosleep waitid pselect6 ppoll accept4: all go on by themselves after a stop.
_RESTARTED = frozenset({0, 7, 23, 45, 43, 47, 61, 34, 35, FUTEX, 219, 230, 247, 270, 271, 288})
# write connect flock fcntl rt_sigsuspend sendto sendmsg
_ALSO_RESTARTED = frozenset({1, 42, 73, 72, 130, 44, 46})
# epoll_wait epoll_pwait epoll_pwait2 rt_sigtimedwait: end with EINTR, which Python tries again.
_INTERRUPTED = frozenset({EPOLL_WAIT, EPOLL_PWAIT, 441, 128})
SLEEPS = _RESTARTED | _ALSO_RESTARTED | _INTERRUPTED

EINTR = 4
RESTARTS = frozenset({512, 513, 514, 516})  # what the kernel returns to itself: linux/errno.h
_ALLOCATORS = re.compile(r"(libc|ld|libpthread|libdl|ld-linux.*|lib\w*malloc\w*|ld-musl.*)[.-]")
_HEAP_BYTES = 64 * 2**20  # glibc's further arenas begin at multiples of it,
_HEAP_LOCK_BYTES = 256  # their lock right behind 32 or 48 bytes; what they give out comes later


def rank(syscall: str) -> int:
    """How well a thread may be borrowed that is at `syscall`, as /proc has it; less is better."""
    number = syscall.split(" ", 1)[0]
    if not number.lstrip("-").isdigit() or int(number) < 0:
        return 3  # runs
    if int(number) in _INTERRUPTED:
        return 2
    return 0 if int(number) in _RESTARTED else 1 if int(number) in _ALSO_RESTARTED else 3


def is_asleep(call: int, result: int) -> bool:
    """Whether a stopped thread was in `call` and had nothing to show for it: `result` is -errno."""
    return call in SLEEPS and -result in RESTARTS | {EINTR}


def is_safe(found: list[Mapping], *, asleep: bool, call: int, argument: int, place: int) -> bool:
    """Whether a stopped thread may be borrowed; `argument` is the call's first, `place` its rip."""
    if not asleep:
        at = mapping_at(found, place)
        return at is not None and at.path.startswith("/") and not _ALLOCATORS.match(at.name)
    if call != FUTEX:
        return True
    lock = mapping_at(found, argument)
    if lock is None or argument % _HEAP_BYTES < _HEAP_LOCK_BYTES:
        return False
    return not _ALLOCATORS.match(lock.name)
