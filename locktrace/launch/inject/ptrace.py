"""The ptrace(2) requests that are needed to borrow a thread, and what they take; x86-64 only."""

from __future__ import annotations

import ctypes
import os

CONT, DETACH, SYSCALL = 7, 17, 24
GET_REGS, SET_REGS = 12, 13
GET_REGSET, SET_REGSET = 0x4204, 0x4205
SEIZE, INTERRUPT = 0x4206, 0x4207
GET_SIGMASK, SET_SIGMASK = 0x420A, 0x420B
NT_X86_XSTATE = 0x202  # vector and floating point registers
EVENT_STOP = 128
MARK_SYSCALLS = 1  # an option: a stop at a system call has 128 in its signal
AT_SYSCALL = 5 | 128
WALL = 0x40000000  # of waitpid: threads too
_XSTATE_BYTES = 32_768

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    """`struct user_regs_struct`."""

    _fields_ = tuple(
        (name, ctypes.c_uint64)
        for name in (
            "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx",
            "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base",
            "gs_base", "ds", "es", "fs", "gs",
        )
    )  # fmt: skip


class _Vector(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


def request(number: int, tid: int, address: int = 0, data: object = None) -> None:
    """One request for thread `tid`. OSError if the kernel refuses."""
    if _libc.ptrace(number, tid, address, data) == -1:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def registers(tid: int) -> Registers:
    """The general registers of a stopped thread."""
    found = Registers()
    request(GET_REGS, tid, 0, ctypes.byref(found))
    return found


def set_registers(tid: int, registers: Registers) -> None:
    request(SET_REGS, tid, 0, ctypes.byref(registers))


def extended_state(tid: int) -> bytes:
    """Vector and floating point registers of a stopped thread, as `set_extended_state` takes."""
    buffer = ctypes.create_string_buffer(_XSTATE_BYTES)
    vector = _Vector(ctypes.addressof(buffer), len(buffer))
    request(GET_REGSET, tid, NT_X86_XSTATE, ctypes.byref(vector))
    return buffer.raw[: vector.size]


def set_extended_state(tid: int, state: bytes) -> None:
    buffer = ctypes.create_string_buffer(state, len(state))
    vector = _Vector(ctypes.addressof(buffer), len(state))
    request(SET_REGSET, tid, NT_X86_XSTATE, ctypes.byref(vector))


def signal_mask(tid: int) -> int:
    """The signals that a stopped thread blocks: bit n - 1 for signal n."""
    mask = ctypes.c_uint64()
    request(GET_SIGMASK, tid, 8, ctypes.byref(mask))
    return mask.value


def set_signal_mask(tid: int, mask: int) -> None:
    request(SET_SIGMASK, tid, 8, ctypes.byref(ctypes.c_uint64(mask)))
