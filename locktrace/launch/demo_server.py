"""The demo server as a child process, from its first line to its end."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from locktrace.errors import LocktraceError
from locktrace.launch.environment import traced as traced_environment

END_S = 5.0


class DemoServer:
    """A running `python -m locktrace_demo`; `banner` is the line it prints when it serves.

    LocktraceError with the server's own sentence if it does not start.
    """

    def __init__(self, arguments: Sequence[str], *, traced: bool) -> None:
        self.traced = traced
        self._process = subprocess.Popen(
            [sys.executable, "-m", "locktrace_demo", *arguments],
            env=traced_environment(os.environ) if traced else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,  # the terminal's Ctrl-C is for the screen, which then ends us
            preexec_fn=_end_with_parent,  # noqa: PLW1509 (we have no other thread yet)
        )
        assert self._process.stdout is not None
        self.pid = self._process.pid
        self.banner = self._process.stdout.readline().strip()
        if not self.banner:
            _, said = self._process.communicate()
            raise LocktraceError(f"the demo server did not start: {_last_line(said)}")
        for stream in (self._process.stdout, self._process.stderr):
            threading.Thread(target=_drain, args=(stream,), daemon=True).start()

    def wait(self) -> None:
        """Until it ends, or Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _end_with_parent() -> None:
    """In the child: a closed terminal or a kill -9 of the command must not leave a server."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _drain(stream: object) -> None:
    """Read on, so that the server never blocks on a full pipe."""
    for _ in stream:  # type: ignore[attr-defined]
        pass


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
