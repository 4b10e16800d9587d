"""The CPython in a process, found from outside: its version, its GIL, its locks' futexes."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.errors import KernelViewError, NotTracedError
from locktrace.observe.kernel.elf import Elf
from locktrace.observe.kernel.memory import Mapping, Memory, mapped_files

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
            self.path, self.gil, self.hex_version = self._find(pid)
        except OSError as error:
            raise KernelViewError(
                f"the memory of process {pid} may not be read ({error.strerror})"
            ) from None

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
        return lock + _HEADER if self.parks else self._memory.word(lock + _HEADER) or 0

    def parked_for(self, futex: int) -> int:
        """What a thread that waits in `futex` has parked for, else `futex`; as in futex.bt."""
        if self.parks:
            caller = self._memory.word(futex - 16) or 0
            if 0 < caller - futex < _NEAR:
                return self._memory.word(futex - 8) or futex
        return futex

    def has_gil_at(self, futex: int) -> bool:
        return self.gil[0] <= futex < self.gil[1]

    def close(self) -> None:
        self._memory.close()

    def _find(self, pid: int) -> tuple[str, tuple[int, int], int]:
        seen = False
        for mapped in _first_mappings(pid):
            if "python" not in mapped.path.name.lower():
                continue
            seen = True
            found = self._look_into(mapped)
            if found is not None:
                return (str(mapped.path), *found)
        if seen:
            raise KernelViewError(
                f"the interpreter of process {pid} has no symbol _PyRuntime (it is stripped), "
                "so its GIL and its version cannot be found"
            )
        raise NotTracedError(f"process {pid} is not a Python process")

    def _look_into(self, mapped: Mapping) -> tuple[tuple[int, int], int] | None:
        try:
            file = Elf(mapped.path)
            base = file.base(mapped.start, mapped.offset)
            runtime, version = file.symbol("_PyRuntime"), file.symbol("Py_Version")
        except (OSError, ValueError):
            return None
        if runtime is None or version is None:
            return None
        number = (self._memory.word(base + version.value) or 0) & 0xFFFFFFFF
        start = base + runtime.value
        return (start, start + runtime.size), number


def _first_mappings(pid: int) -> Iterator[Mapping]:
    """For each file the mapping with the lowest address."""
    seen = set()
    for mapped in mapped_files(pid):
        if mapped.path not in seen:
            seen.add(mapped.path)
            yield mapped
