"""The CPython in a process, found from outside: its version, its GIL, its locks' futexes."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

from locktrace.errors import KernelViewError, NotTracedError
from locktrace.launch.inject.interpreter import is_python_file
from locktrace.launch.inject.memory import Mapping, Memory, library, mappings

_HEADER = 16  # bytes of PyObject: count and type; what a lock waits in comes right after it
_PARKING = 0x030E0000  # from this version on locks park
_NEAR = 4096


class Interpreter:
    """`hex_version` is PY_VERSION_HEX; `gil` the addresses, first and end, that the GIL is within.

    They are those of the whole `_PyRuntime`: the GIL's mutex and conditions lie in it on every
    version (a subinterpreter with a GIL of its own keeps it elsewhere).
    """

    def __init__(self, pid: int) -> None:
        """NotTracedError if there is no CPython in the process; KernelViewError if it is hidden."""
        try:
            self._memory = Memory(pid)
        except OSError as error:
            raise _unreadable(pid, error) from None
        try:
            self.path, self.gil, self.hex_version = self._find(pid)
        except OSError as error:
            self.close()
            raise _unreadable(pid, error) from None
        except BaseException:
            self.close()
            raise

    @property
    def version(self) -> str:
        """As `3.11.7`."""
        return ".".join(str(self.hex_version >> shift & 0xFF) for shift in (24, 16, 8))

    @property
    def parks(self) -> bool:
        """Whether locks are parked for (3.14+): the futex is then the waiter's own."""
        return self.hex_version >= _PARKING

    def futex_of(self, lock: int) -> int:
        """What the kernel's view knows the lock object at `lock` by; 0 if it cannot be told.

        Up to 3.13 a lock, re-entrant or not, has a pointer to its semaphore there; from 3.14
        on the byte that is parked for.
        """
        if not lock:
            return 0
        return lock + _HEADER if self.parks else self._word(lock + _HEADER) or 0

    def parked_for(self, futex: int) -> int:
        """What a thread that waits in `futex` has parked for, else `futex`; as in futex.bt."""
        if self.parks:
            caller = self._word(futex - 16) or 0
            if 0 < caller - futex < _NEAR:
                return self._word(futex - 8) or futex
        return futex

    def has_gil_at(self, futex: int) -> bool:
        return self.gil[0] <= futex < self.gil[1]

    def close(self) -> None:
        self._memory.close()

    def _word(self, address: int) -> int | None:
        """The 8 bytes at `address`, None where nothing is mapped."""
        with contextlib.suppress(OSError, OverflowError, struct.error):
            return self._memory.unpack("<Q", address)[0]
        return None

    def _find(self, pid: int) -> tuple[str, tuple[int, int], int]:
        found = mappings(pid)
        executable = str(Path(f"/proc/{pid}/exe").readlink())
        pythons = [m for m in found if m.path == executable or is_python_file(m.name)]
        for path in dict.fromkeys(m.path for m in pythons):
            it = self._look_into(found, path)
            if it is not None:
                return (path, *it)
        if any(is_python_file(m.name) for m in pythons):
            raise KernelViewError(
                f"the interpreter of process {pid} has no symbol _PyRuntime (it is stripped), "
                "so its GIL and its version cannot be found"
            )
        raise NotTracedError(f"process {pid} is not a Python process")

    def _look_into(self, found: list[Mapping], path: str) -> tuple[tuple[int, int], int] | None:
        loaded = library(self._memory, found, path)
        if loaded is None:
            return None
        runtime, version = loaded.extent("_PyRuntime"), loaded.find("Py_Version")
        if runtime is None or version is None:
            return None
        return runtime, self._memory.unpack("<I", version)[0]


def _unreadable(pid: int, error: OSError) -> KernelViewError:
    return KernelViewError(f"the memory of process {pid} may not be read ({error.strerror})")
