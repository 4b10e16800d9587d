"""A program started under the tracer: its own stdin, stdout, stderr, exit code and signals."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import TextIO

import psutil

from locktrace.errors import LocktraceError
from locktrace.launch.environment import traced
from locktrace.launch.processes import descendants
from locktrace.wire import frames

FORWARDED = frozenset(
    {signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2,
     signal.SIGALRM, signal.SIGWINCH}
)  # fmt: skip
SI_USER = 0  # siginfo code: sent by kill(), not by the terminal driver
GRACE_S = 0.5


class TracedProgram:
    """A child Python with the agent in it; `connection` is our end of its first observer socket."""

    def __init__(self, arguments: Sequence[str], *, run: str = "", rwlocks: str = "") -> None:
        """`run` is the socket at which its descendants are awaited, `rwlocks` as for `traced`."""
        self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs.set_inheritable(True)
        # Before the start: a program that ends at once still finds that somebody listens.
        self.connection.sendall(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
        self._status: int | None = None
        # Block first, so that no signal is lost between the start and the forwarder.
        signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *arguments],
                traced(os.environ, theirs.fileno(), run, rwlocks),
                setsigmask=[],
            )
        except OSError as error:
            raise LocktraceError(f"cannot start {sys.executable}: {error.strerror}") from None
        finally:
            theirs.close()
        threading.Thread(target=self._forward, name="signals", daemon=True).start()

    def _forward(self) -> None:
        """Hand on what was sent to us alone; the terminal tells the whole group by itself."""
        while True:
            info = signal.sigwaitinfo(FORWARDED)
            if info.si_code <= SI_USER:
                self.send(signal.Signals(info.si_signo))

    def send(self, signum: signal.Signals) -> None:
        """Send a signal, unless the program has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def poll(self) -> int | None:
        """The exit code, negative for a signal as in `subprocess`; None while it runs."""
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                return self._status
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status

    def wait(self, timeout: float) -> int | None:
        """As `poll`, waiting up to `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return self._status

    def end(self) -> None:
        """End it and its descendants: politely first, for GRACE_S, then for certain."""
        family = descendants(self.pid)
        self._send_all(family, signal.SIGTERM)
        self._send_all(family, signal.SIGCONT)
        deadline = time.monotonic() + GRACE_S
        self.wait(GRACE_S)
        _, left = psutil.wait_procs(family, max(0.0, deadline - time.monotonic()))
        self._send_all(left, signal.SIGKILL)
        self.wait(GRACE_S)

    def _send_all(self, family: list[psutil.Process], signum: signal.Signals) -> None:
        self.send(signum)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signum)


def leave_as(code: int) -> None:
    """End this process with `code`; of the same signal if it is negative."""
    if code >= 0:
        sys.exit(code)
    signum = -code
    streams: list[TextIO | None] = [sys.stdout, sys.stderr]
    for stream in streams:
        if stream is not None:  # Python was started without it
            stream.flush()
    with contextlib.suppress(OSError, ValueError):
        signal.signal(signum, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signum})
    os.kill(os.getpid(), signum)
    sys.exit(128 + signum)  # a signal that does not end us, as SIGKILL's sender had a reason to
