"""The memory that the payload, its script and the command share while the agent comes in.

`csrc/payload.c` has the same layout. The command maps it in the target, the payload gives it back.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence

from locktrace.errors import CannotEnterError, GilKeptError
from locktrace.launch.inject.memory import Memory
from locktrace.launch.inject.way_back import FRAME_BYTES

ON_ITS_WAY, RUNNING, DONE, FAILED, CANCELLED, NO_INTERPRETER = range(6)
GO_ON, CANCEL, HEARD = range(3)
FUNCTIONS = (
    "Py_IsInitialized", "PyGILState_Ensure", "PyGILState_Release", "PyDict_New",
    "PyDict_SetItemString", "PyEval_GetBuiltins", "PyMemoryView_FromMemory", "Py_CompileString",
    "PyEval_EvalCode", "Py_DecRef", "PyErr_Clear",
)  # fmt: skip
"""Of the interpreter, in the order of `struct visit`."""

SCRIPT_NAME = b"<locktrace>\0"
GIL_S = 5.0  # for the interpreter to come free: a C call may keep it
SCRIPT_S = 60.0  # for the script, once it runs: each step may have to wait for a long C call
POLL_S = 0.001
STACK_BYTES = 256 * 1024
_HEAD = struct.Struct("<IIQQ11QQQ")
_PARTS = struct.Struct("<4Q")  # the answer's place and size, the bundle's
ANSWER_BYTES = 8192
PARTS_AT = 256
_CONTENT_AT = 512


class Layout:
    """Where everything lies, from the beginning of the mapping; `size` is all of it.

    The borrowed thread's stack ends at `frame`, where its way back begins.
    """

    def __init__(self, script: bytes, bundle: bytes) -> None:
        self._script, self._bundle = script + b"\0", bundle
        self.answer = _CONTENT_AT
        self._script_at = self.answer + ANSWER_BYTES
        self._bundle_at = self._script_at + len(self._script) + len(SCRIPT_NAME)
        self.size = -(-(self._bundle_at + len(bundle) + STACK_BYTES) // 4096) * 4096
        self.frame = self.size
        self.size += FRAME_BYTES

    def write(self, memory: Memory, base: int, handle: int, functions: Sequence[int]) -> None:
        """Fill the mapping at `base`; `functions` are the addresses of FUNCTIONS."""
        script = base + self._script_at
        name = script + len(self._script)
        head = _HEAD.pack(ON_ITS_WAY, GO_ON, self.size, handle, *functions, script, name)
        parts = _PARTS.pack(self.answer, ANSWER_BYTES, self._bundle_at, len(self._bundle))
        memory.write(base, head)
        memory.write(base + PARTS_AT, parts)
        memory.write(script, self._script + SCRIPT_NAME + self._bundle)


def await_answer(pid: int, memory: Memory, base: int, layout: Layout) -> dict[str, str]:
    """What the script says of itself. CannotEnterError in bounded time when it says nothing.

    OSError when that memory is there no more: the process has ended, or is another program.
    """
    state = _await(memory, base, {ON_ITS_WAY}, GIL_S)
    if state == ON_ITS_WAY:
        memory.write(base + 4, struct.pack("<I", CANCEL))
        if _state(memory, base) == ON_ITS_WAY:  # else it came in at the last moment
            raise GilKeptError(
                f"the interpreter of process {pid} did not come free within {GIL_S:.0f} s: a C "
                "call keeps the GIL; nothing was changed, try again"
            )
    state = _await(memory, base, {RUNNING}, SCRIPT_S)
    answer = memory.read(base + layout.answer, ANSWER_BYTES) if state == DONE else b""
    memory.write(base + 4, struct.pack("<I", CANCEL if state == RUNNING else HEARD))
    if state == DONE:
        return parse(answer.split(b"\0")[0])
    raise CannotEnterError(_WHY[state].format(pid=pid))


def parse(answer: bytes) -> dict[str, str]:
    """The script's answer: a line `key=value` for each thing it tells."""
    lines = answer.decode("utf-8", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


_WHY = {
    RUNNING: (
        f"the agent did not come up in process {{pid}} within {SCRIPT_S:.0f} s; it was called off"
    ),
    FAILED: "the agent could not be started in process {pid}: there is no memory",
    CANCELLED: "process {pid} let the agent in too late, after it was called off; try again",
    NO_INTERPRETER: "the Python of process {pid} is just starting, or ending; try again",
}


def _await(memory: Memory, base: int, busy: set[int], seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while (state := _state(memory, base)) in busy and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return state


def _state(memory: Memory, base: int) -> int:
    return memory.unpack("<I", base)[0]
