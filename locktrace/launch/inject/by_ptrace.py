"""The way in through ptrace: a borrowed thread loads the payload, which starts one of its own."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from locktrace.errors import CannotEnterError, NotPermittedError
from locktrace.launch.fate import await_fate, incarnation
from locktrace.launch.inject import permission, way_back
from locktrace.launch.inject.drop import Drop
from locktrace.launch.inject.interpreter import Interpreter
from locktrace.launch.inject.memory import Library, Memory, library, mappings
from locktrace.launch.inject.tracee import Tracee, borrowed, in_passing
from locktrace.launch.inject.visit import FUNCTIONS, Layout, await_answer

PAYLOAD = os.path.join(os.path.dirname(__file__), "_payload.abi3.so")
_ENTRY = "locktrace_visit"
_C_LIBRARIES = ("libc.so.6", "libc-2.", "libdl.so.2", "libdl-2.", "ld-musl")
_READ_WRITE, _ALL, _PRIVATE_ANONYMOUS = 3, 7, 0x22
_RTLD_NOW, _MFD_CLOEXEC = 2, 1
_FAILED = (1 << 64) - 1


def obstacle() -> str:
    """Why this way cannot be gone from here, whatever the target, or nothing."""
    if os.uname().machine != "x86_64":
        return f"it is known for x86_64 only, and this is {os.uname().machine}"
    if not os.path.exists(PAYLOAD):
        return "its library was not built: install locktrace where there is a C compiler"
    return ""


def enter(pid: int, interpreter: Interpreter, script: bytes, bundle: bytes) -> dict[str, str]:
    """Run `script` in process `pid`; what it answers.

    NotPermittedError or CannotEnterError, each with its sentence, the target as it was.
    """
    layout = Layout(script, bundle)
    before = incarnation(pid)
    try:
        with Memory(pid, write=True) as memory:
            entrance = _Entrance(pid, memory, interpreter)
            base = in_passing(lambda: entrance.go_in(layout))
            return await_answer(pid, memory, base, layout)
    except PermissionError:
        raise NotPermittedError(permission.why(pid)) from None
    except OSError as error:
        become = await_fate(before)
        why = f"{become} meanwhile" if become else f"could not be entered: {error}"
        raise CannotEnterError(f"process {pid} {why}") from None


class _Entrance:
    """All addresses that are needed, found before any thread is stopped."""

    def __init__(self, pid: int, memory: Memory, interpreter: Interpreter) -> None:
        self._pid = pid
        self._memory = memory
        found = mappings(pid)
        python = library(memory, found, interpreter.path)
        paths = dict.fromkeys(m.path for m in found if m.name.startswith(_C_LIBRARIES))
        loaded = [lib for path in paths if (lib := library(memory, found, path)) is not None]
        self._functions = [self._address([python] if python else [], name) for name in FUNCTIONS]
        names = ("mmap", "munmap", "mprotect", "dlopen", "dlclose", "dlerror", "memfd_create",
                 "write", "close", "__errno_location")  # fmt: skip
        self._libc = {name: self._address(loaded, name) for name in names}

    def _address(self, libraries: list[Library], name: str) -> int:
        for loaded in libraries:
            if (address := loaded.find(name)) is not None:
                return address
        raise CannotEnterError(f"process {self._pid} has no function {name} in what it has loaded")

    def go_in(self, layout: Layout) -> int:
        """Load the payload and start its thread; the address of the shared memory."""
        with borrowed(self._pid, self._memory) as tracee, self._errno_kept(tracee):
            base = tracee.call(
                self._libc["mmap"], 0, layout.size, _READ_WRITE, _PRIVATE_ANONYMOUS, _FAILED, 0
            )
            if base == _FAILED:
                raise CannotEnterError(f"process {self._pid} has no memory left")
            self._settle(tracee, base + layout.frame)
            try:
                self._start(tracee, base, layout)
            except BaseException:
                tracee.unsettle()
                tracee.call(self._libc["munmap"], base, layout.size)
                raise
            return base

    def _settle(self, tracee: Tracee, place: int) -> None:
        """Without a way back where a policy (SELinux) permits no memory that can be run."""
        wrong = tracee.call(self._libc["mprotect"], place, way_back.FRAME_BYTES, _ALL) & 0xFFFFFFFF
        tracee.settle(place, runs=not wrong)

    def _start(self, tracee: Tracee, base: int, layout: Layout) -> None:
        handle = self._load(tracee, base)
        (bias,) = self._memory.unpack("<Q", handle)  # the first member of a link_map
        layout.write(self._memory, base, handle, self._functions)
        entry = Library(self._memory, bias).find(_ENTRY)
        wrong = tracee.call(entry, base) & 0xFFFFFFFF if entry is not None else -1
        if wrong:
            tracee.call(self._libc["dlclose"], handle)
            raise CannotEnterError(
                f"process {self._pid} could not start a thread ({os.strerror(max(wrong, 0))})"
            )

    @contextlib.contextmanager
    def _errno_kept(self, tracee: Tracee) -> Iterator[None]:
        place = tracee.call(self._libc["__errno_location"])
        kept = self._memory.read(place, 4)
        try:
            yield
        finally:
            self._memory.write(place, kept)

    def _load(self, tracee: Tracee, scratch: int) -> int:
        """The handle of the payload, loaded from memory or, without /proc there, from a folder."""
        with open(PAYLOAD, "rb") as file:
            content = file.read()
        handle = self._load_from_memory(tracee, scratch, content)
        if handle:
            return handle
        reasons = []
        for drop in Drop.places(self._pid):
            with drop.holding("payload.so", content) as dropped:
                handle = self._dlopen(tracee, scratch, dropped.path)
                if handle:
                    return handle
                reasons.append(self._complaint(tracee))
        why = "; ".join(reasons) or "there is no folder that it and we can both use"
        raise CannotEnterError(f"process {self._pid} cannot load the agent's library: {why}")

    def _load_from_memory(self, tracee: Tracee, scratch: int, content: bytes) -> int:
        """Written by the process itself: what its descriptors are is not for us to trust."""
        self._memory.write(scratch, b"locktrace\0")
        number = tracee.call(self._libc["memfd_create"], scratch, _MFD_CLOEXEC) & 0xFFFFFFFF
        if number >> 31:
            return 0
        try:
            self._memory.write(scratch, content)
            if tracee.call(self._libc["write"], number, scratch, len(content)) != len(content):
                return 0
            return self._dlopen(tracee, scratch, f"/proc/self/fd/{number}")
        finally:
            tracee.call(self._libc["close"], number)

    def _dlopen(self, tracee: Tracee, scratch: int, path: str) -> int:
        self._memory.write(scratch, os.fsencode(path) + b"\0")
        return tracee.call(self._libc["dlopen"], scratch, _RTLD_NOW)

    def _complaint(self, tracee: Tracee) -> str:
        message = tracee.call(self._libc["dlerror"])
        return self._memory.text(message) if message else "dlopen does not say why"
