"""Which Python runs in a process, told from outside, and where its functions are."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass

from locktrace.errors import CannotEnterError, NotPermittedError, UnsupportedTargetError
from locktrace.launch.inject import permission
from locktrace.launch.inject.memory import Library, Mapping, Memory, library, mappings

OLDEST, NEWEST = (3, 11), (3, 15)
_PYTHONS = re.compile(r"(lib)?(python|pypy)-?[\d.]*[a-z]*(-c)?(\.so[\d.]*)?(-dbg)?$")
_MAGIC = b"xdebugpy"  # of _PyRuntime, from 3.13 on


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A CPython that can be entered; `path` is the file that it was loaded from."""

    version: str
    path: str

    @property
    def minor(self) -> tuple[int, int]:
        major, minor, _ = self.version.split(".", 2)
        return int(major), int(minor)


def is_python_file(name: str) -> bool:
    """Whether a file of this name is an interpreter: `python3.12`, `libpython3.12.so.1.0`."""
    return _PYTHONS.match(name) is not None


def identify(pid: int) -> Interpreter:
    """The interpreter of process `pid`.

    UnsupportedTargetError if it is no CPython that we know, NotPermittedError if it may not be
    looked at, CannotEnterError if it is gone meanwhile; each with its sentence.
    """
    try:
        _refuse_32_bit(pid)
        found = mappings(pid)
        with Memory(pid) as memory:
            return _identify(pid, memory, found)
    except PermissionError:
        raise NotPermittedError(permission.why(pid)) from None
    except (FileNotFoundError, ProcessLookupError):
        if os.path.exists(f"/proc/{pid}/stat"):  # a thread of the kernel has no executable
            raise UnsupportedTargetError(_no_interpreter(pid, [])) from None
        raise CannotEnterError(f"process {pid} has ended meanwhile") from None
    except OSError as error:
        raise CannotEnterError(
            f"the memory of process {pid} makes no sense ({error}); it may just be starting or "
            "ending: try again"
        ) from None


def _refuse_32_bit(pid: int) -> None:
    with open(f"/proc/{pid}/exe", "rb") as executable:
        if executable.read(5) == b"\x7fELF\x01":
            raise UnsupportedTargetError(
                f"process {pid} is a 32-bit program; only 64-bit CPython can be entered"
            )


def _identify(pid: int, memory: Memory, found: list[Mapping]) -> Interpreter:
    executable = os.readlink(f"/proc/{pid}/exe")
    paths = dict.fromkeys(m.path for m in found if m.path == executable or is_python_file(m.name))
    names = [os.path.basename(path) for path in paths]
    if any("pypy" in name for name in names):
        raise UnsupportedTargetError(f"process {pid} runs PyPy; only CPython can be entered")
    for path in paths:
        loaded = library(memory, found, path)
        where = loaded.find("Py_Version") if loaded is not None else None
        if loaded is not None and where is not None:
            return _known(pid, memory, loaded, where, path)
    raise UnsupportedTargetError(_no_interpreter(pid, names))


def _known(pid: int, memory: Memory, loaded: Library, where: int, path: str) -> Interpreter:
    (packed,) = memory.unpack("<Q", where)
    version = f"{packed >> 24 & 0xFF}.{packed >> 16 & 0xFF}.{packed >> 8 & 0xFF}"
    interpreter = Interpreter(version, path)
    if interpreter.minor < OLDEST:
        raise UnsupportedTargetError(_too_old(pid, version))
    if interpreter.minor > NEWEST:
        raise UnsupportedTargetError(
            f"process {pid} runs CPython {version}, which is too new: {_range()} can be entered"
        )
    runtime = loaded.find("_PyRuntime")
    if runtime is not None and memory.read(runtime, 8) == _MAGIC:
        (free_threaded,) = memory.unpack("<Q", runtime + 16)
        if free_threaded:
            raise UnsupportedTargetError(
                f"process {pid} runs a free-threaded CPython {version}, which is not supported yet"
            )
    return interpreter


def _too_old(pid: int, version: str) -> str:
    return f"process {pid} runs Python {version}, which is too old: {_range()} can be entered"


def _range() -> str:
    return f"CPython {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"


def _no_interpreter(pid: int, names: list[str]) -> str:
    """Before 3.11 there was no `Py_Version`; the names of the files tell the version."""
    versions = (re.search(r"python-?(\d\.\d+)", name) for name in names)
    old = next((match.group(1) for match in versions if match), None)
    if old is not None:
        return _too_old(pid, old)
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
        return f"process {pid} ({comm.read().strip()}) is not a Python process"
    return f"process {pid} is not a Python process"
