"""bpftrace as a bounded subprocess: started, read without waiting, and never left behind.

Its probes live as long as its file descriptors: the kernel takes them out when the process
ends, however it ends. And it ends with us, however we end: it prints twice a second, and
nobody reads its pipe any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from locktrace.errors import KernelViewError
from locktrace.observe.kernel.ledger import MOST_KEYS
from locktrace.wording import plain

PROGRAM = Path(__file__).with_name("futex.bt")
START_S = 60.0  # it compiles the program; a busy machine takes some seconds for that
STOP_S = 2.0
LONGEST_LINE = 16 * 2**20
PIPE_SIZE = 2**20
READ_SIZE = 2**18
MOST_COMPLAINT = 64 * 2**10
_NOISE = ("WARNING", "RLIMIT_MEMLOCK", "~~", "expanded from")


class Engine:
    """A running bpftrace; `lines` gives what it prints, KernelViewError once it has died."""

    def __init__(self, program: str, arguments: Sequence[int]) -> None:
        limits = {"BPFTRACE_MAP_KEYS_MAX": str(MOST_KEYS), "BPFTRACE_MAX_MAP_KEYS": str(MOST_KEYS)}
        command = [program, "-B", "line", "-f", "json", str(PROGRAM), *map(str, arguments)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=os.environ | limits,
                start_new_session=True,  # a Ctrl-C is ours to answer
            )
        except OSError as error:
            raise KernelViewError(f"{program} could not be started ({error.strerror})") from None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._output, self._errors = self._process.stdout, self._process.stderr
        self._partial = bytearray()
        self._complaint = bytearray()
        for pipe in (self._output, self._errors):
            os.set_blocking(pipe.fileno(), False)
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._output, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def pid(self) -> int:
        return self._process.pid

    def lines(self, timeout: float) -> list[bytes]:
        """The lines that have come, waiting at most `timeout` seconds for the first."""
        deadline = time.monotonic() + timeout
        while True:
            left = max(0.0, deadline - time.monotonic())
            select.select([self._output, self._errors], [], [], left)
            self._read_complaint()
            found = self._read_lines()
            if found or time.monotonic() >= deadline:
                return found

    def close(self) -> None:
        """End it; the kernel takes its probes out."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._output.close()
        self._errors.close()

    def _read_lines(self) -> list[bytes]:
        try:
            data = os.read(self._output.fileno(), READ_SIZE)
        except BlockingIOError:
            return []
        if not data:
            raise KernelViewError(self._last_words())
        self._partial += data
        if len(self._partial) > LONGEST_LINE:
            raise KernelViewError("bpftrace printed a line without an end")
        *whole, rest = self._partial.split(b"\n")
        self._partial = rest
        return [bytes(line) for line in whole]

    def _read_complaint(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._complaint += os.read(self._errors.fileno(), READ_SIZE)
            del self._complaint[:-MOST_COMPLAINT]

    def _last_words(self) -> str:
        """Why it ended, as far as it says so."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._read_complaint()
        status = self._process.returncode
        how = f"signal {-status}" if status is not None and status < 0 else f"exit code {status}"
        lines = self._complaint.decode(errors="replace").splitlines()
        said = [line for line in lines if line.strip() and not any(n in line for n in _NOISE)]
        why = f": {plain(said[0].strip())[:200]}" if said else ""
        return f"bpftrace, by which the kernel is asked, has ended ({how}){why}"
