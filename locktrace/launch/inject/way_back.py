"""The way back of a borrowed thread, which it can go by itself should we be killed meanwhile.

A called function returns to a few instructions that make the system call by which a signal handler
ends, `rt_sigreturn`: the kernel then takes all registers and the signal mask from a frame on the
stack. We hold the thread at the entry of that call, and see in a register what the function has
returned; without us the thread just goes on where it was.
"""

from __future__ import annotations

import struct

from locktrace.launch.inject.ptrace import Registers
from locktrace.launch.inject.safe_point import RESTARTS

CODE = bytes.fromhex("4889c7 b80f000000 0f05")  # mov rdi, rax; mov eax, RT_SIGRETURN; syscall
RT_SIGRETURN = 15
FRAME_BYTES = 16_384  # room for a frame and the code

_RESTART_SYSCALL, _RESTART_BLOCK = 219, -516
_FLAGS = 0x7  # of an ucontext: vector registers are there, the stack's segment is to be restored
_NO_STACK = 1 << 30  # of a stack_t: flags that are none, so that the signal stack stays
_CONTEXT = struct.Struct("<QQ QQQ 17Q Q4H QQQQ Q 64x Q")
_VECTORS_AT = 8 + -(-_CONTEXT.size // 64) * 64  # from where the frame begins
_ORDER = ("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rdi", "rsi", "rbp", "rbx", "rdx",
          "rax", "rcx", "rsp", "rip")  # fmt: skip
_LEGACY_BYTES, _SOFTWARE_AT = 512, 464  # of the vector registers: linux/asm/sigcontext.h
_MAGIC_1, _MAGIC_2 = 0x46505853, 0x46505845
_MATRIX_AT, _MATRIX = 2752, 3 << 17  # AMX, which the kernel keeps in a frame only if it is used


def frame(registers: Registers, mask: int, vectors: bytes, place: int, code: int) -> bytes:
    """What lies at `place` when a function is called that shall come back to `code`.

    `place` is 8 less than a multiple of 64. The thread then is as `registers`, `mask` and
    `vectors`, as ptrace gives them, say; a system call that it was in is made again, or where
    only the kernel knows how, ends with EINTR.
    """
    resumed = _resumed(registers)
    context = _CONTEXT.pack(
        _FLAGS, 0, 0, _NO_STACK, 0, *(getattr(resumed, name) for name in _ORDER),
        resumed.eflags, resumed.cs, resumed.gs, resumed.fs, resumed.ss, 0, 0, 0, 0,
        place + _VECTORS_AT, mask,
    )  # fmt: skip
    return (code.to_bytes(8, "little") + context).ljust(_VECTORS_AT) + _extended(vectors)


def _resumed(registers: Registers) -> Registers:
    """As the kernel would leave them if it were to start the system call again."""
    resumed = Registers.from_buffer_copy(registers)
    result = registers.rax - (1 << 64) if registers.rax >> 63 else registers.rax
    if registers.orig_rax >> 63 == 0 and -result in RESTARTS:
        resumed.rax = _RESTART_SYSCALL if result == _RESTART_BLOCK else registers.orig_rax
        resumed.rip -= 2  # the two bytes of `syscall`
    return resumed


def _extended(vectors: bytes) -> bytes:
    """Vector registers as they are in a signal's frame: the kernel marks what it has put there."""
    (features,) = struct.unpack_from("<Q", vectors, _SOFTWARE_AT)
    kept = vectors[:_MATRIX_AT] if features & _MATRIX else vectors
    about = struct.pack("<IIQI", _MAGIC_1, len(kept) + 4, features & ~_MATRIX, len(kept))
    head = kept[:_SOFTWARE_AT] + about.ljust(_LEGACY_BYTES - _SOFTWARE_AT, b"\0")
    return head + kept[_LEGACY_BYTES:] + struct.pack("<I", _MAGIC_2)
