"""The agent's own thread: serves observers from the ledger and never makes anyone wait.

It is a raw `_thread`, so `threading.enumerate()` and shutdown do not see it; it blocks all
signals, so they reach the threads they reached before; it sleeps until an observer comes, but
for a look now and then whether one would find it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # that of `signal` is Python
import _thread
import contextlib
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from operator import call

from locktrace.agent.arrival.usage import Usage
from locktrace.agent.audience import FAREWELL_S, Audience
from locktrace.agent.client import Client
from locktrace.agent.departure import Departure, await_vanishing
from locktrace.agent.desertion import is_deserted
from locktrace.agent.listener import Listener
from locktrace.agent.owned import Wake, standard_streams_open
from locktrace.agent.primitives import tap
from locktrace.agent.reading import Ledger
from locktrace.wire import endpoint, frames

TURN_MS = 50  # between two batches of events
RETRY_MS = 1000  # until what is missing is made anew: a daemon first opens what it needs itself
WATCH_MS = 10_000  # between two looks whether we can still be found
DESERTED_MS = 200  # between two looks whether our thread is the last
UNSEEN_MS = 2  # after a fork: a child that looks which threads have come along does it at once
PAUSE_S = 0.2  # the longest that a fork waits for our thread to be out of the way

_FAULT_SIGNALS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
_BLOCKED = signal.valid_signals() - _FAULT_SIGNALS


class Publisher:
    """Owns the socket, the observers and the thread."""

    def __init__(
        self,
        ledger: Ledger,
        version: str,
        departure: Departure | None = None,
        forked_ns: int = 0,
        usage: Usage | None = None,
        *,
        may_be_last: bool = False,
    ) -> None:
        """`may_be_last`: the process ends with its last thread, which must not be ours."""
        self._audience = Audience(ledger, version, forked_ns, usage)
        self._departure = departure
        self._farewell_reason = frames.GOODBYE
        self._last_act: Callable[[], None] | None = None
        self._stopping = False
        self._may_be_last = may_be_last
        self._pauses: list[None] = []  # one for each fork under way
        self._absent = _thread.allocate_lock()  # taken while there is a thread of ours
        self._silent = _thread.allocate_lock()  # taken until who listens has been told of us
        self._silent.acquire()
        self._thread_id = 0
        self._wake: Wake | None = None
        self._listener: Listener | None = None
        self._mend_at = 0
        self.trouble = ""
        self._open()

    def _open(self) -> None:
        """Make what is missing; why something cannot be had is left in `trouble`."""
        self.trouble = ""
        try:
            self._wake = self._wake or Wake()
            self._listener = self._listener or Listener(endpoint.socket_name(os.getpid()))
        except OSError as error:
            self.trouble = str(error)

    # -- from other threads

    def start(self, *, unseen: bool = False) -> None:
        """Start the thread, unless there is one; if there can be none, `trouble` says why.

        `unseen`: until somebody needs it, UNSEEN_MS at most, it is in C, and so in none of
        `sys._current_frames()`, by which CPython's own tests tell that a fork has left one thread.
        """
        if self._ending or not self._absent.acquire(False):
            return
        try:
            if unseen and self._wake is not None:
                _thread.start_new_thread(deque, (map(call, self._steps(self._wake)), 0))
            else:
                _thread.start_new_thread(self._run, ())
        except RuntimeError as error:
            self._absent.release()
            self.trouble = str(error)

    def _steps(self, wake: Wake) -> tuple[Callable[[], object], ...]:
        """Signals blocked, the wait and our thread's work: what comes before that is all C."""
        poll = select.poll()
        poll.register(wake.number, select.POLLIN)
        mask = partial(_signal.pthread_sigmask, signal.SIG_BLOCK, _BLOCKED)
        return mask, partial(poll.poll, UNSEEN_MS), self._run

    def lend(self) -> None:
        """Serve in the calling thread if there is none of ours, until it would end.

        For an interpreter that starts none any more: CPython 3.12.0 and 3.12.1 do not once the main
        thread waits for the others at the end of the program, which is where a hung one often is.
        """
        if not self._ending and self._absent.acquire(False):
            self._run()

    def look_now(self) -> None:
        """Somebody has not found us: make a socket anew, if that is why."""
        wake = self._wake  # the thread may let go of it meanwhile
        if wake is not None:
            wake.ring()

    def adopt(self, connection: socket.socket, *, greeted: bool = False) -> None:
        """Serve an observer whose connection was inherited or called; before `start`.

        One that is `greeted` is known to listen, and is told all without being asked.
        """
        self._audience.adopt(connection, greeted=greeted)

    @property
    def path(self) -> str | None:
        """Where observers find us; None while there is no place for a socket."""
        return self._listener.path if self._listener is not None else None

    def await_word(self, seconds: float) -> None:
        """Until an observer that we were given has been told of us, `seconds` at most."""
        if self._absent.locked() and self._silent.acquire(True, seconds):
            self._silent.release()

    def stop(self, reason: str = frames.GOODBYE) -> None:
        """Send the last picture, close everything, end the thread; at most FAREWELL_S."""
        self._farewell_reason = reason
        self._stopping = True
        ended = self._await_end(FAREWELL_S)
        if ended:
            self._close()
        if self._listener is not None:
            self._listener.close(unlink=True)
        if ended:
            self._await_vanishing(FAREWELL_S)

    def pause(self) -> None:
        """End the thread and keep the rest, so that a fork finds a process without our thread."""
        self._pauses.append(None)
        if self._await_end(PAUSE_S):
            self._await_vanishing(PAUSE_S)

    def resume(self) -> None:
        """A fork is over; the last of several at once brings the thread back."""
        if self._pauses:
            self._pauses.pop()
        self.start()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's sockets without a word."""
        self._close()
        if self._listener is not None:
            self._listener.close(unlink=False)

    def _close(self) -> None:
        self._audience.close()
        if self._wake is not None:
            self._wake.close()

    def _await_end(self, seconds: float) -> bool:
        self.look_now()
        ended = self._absent.acquire(True, seconds)
        if ended:
            self._absent.release()
        return ended

    def _await_vanishing(self, seconds: float) -> None:
        if self._thread_id not in {0, _thread.get_native_id()}:
            await_vanishing(self._thread_id, seconds)

    @property
    def _ending(self) -> bool:
        return self._stopping or bool(self._pauses)

    # -- the thread

    def _run(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
        self._thread_id = _thread.get_native_id()
        while True:
            self._serve()
            self._absent.release()
            # A fork that did not wait for our end may be over by now, and has started nothing.
            if self._ending or not self._absent.acquire(False):
                break
        if self._stopping:
            self._close()  # whoever waited for our end may have given up
        if self._last_act is not None:
            self._last_act()

    def _serve(self) -> None:
        try:
            while not self._ending:
                try:
                    self._mend()
                    self._turn(self._patience_ms())
                    self._end_if_last()
                except Exception as error:  # a fault of ours costs a turn, not the agent
                    self._fault(error)
            if self._stopping:
                self._turn(0)  # a short program may end before its observer was heard
                self._audience.farewell(self._farewell_reason)
        except BaseException as error:
            self._fault(error)

    def _fault(self, error: BaseException) -> None:
        if len(tap.faults) < tap.MAX_FAULTS:
            tap.faults.append(f"publisher: {type(error).__name__}: {error}")
        time.sleep(TURN_MS / 1000)

    def _patience_ms(self) -> int:
        """Nobody to tell and nothing to mend: sleep until somebody comes, or nobody finds us."""
        if self._wake is None or self._audience.listens:
            return TURN_MS
        if self._may_be_last:
            return DESERTED_MS
        return RETRY_MS if self._listener is None or self._listener.resting else WATCH_MS

    def _end_if_last(self) -> None:
        if self._may_be_last and is_deserted():
            self._stopping = True
            self._last_act = partial(self.stop, self._farewell_reason)

    def _turn(self, patience_ms: int) -> None:
        for client in self._audience.clients:
            self._audience.introduce(client)
        if self._silent.locked() and (self._audience.listens or not self._audience.clients):
            self._silent.release()
        ready = self._await_news(patience_ms)
        if self._wake is not None and self._wake.number in ready:
            self._wake.drain()
        if self._listener is not None and self._listener.owned.number in ready:
            self._welcome()
        for client in list(self._audience.clients):
            if client.owned.number in ready:
                self._answer(client)
            if client.wants_write:
                client.flush()
        self._audience.publish()
        self._audience.part_with_closed()

    def _mend(self) -> None:
        """Let go of what the program has closed under us, and make it anew a little later."""
        for client in self._audience.clients:
            if not client.owned.intact:
                client.close()
        self._audience.part_with_closed()
        if self._wake is not None and not self._wake.intact:
            self._wake.close()
            self._wake = None
        if self._listener is not None and not self._listener.intact:
            self._listener.close(unlink=True)
            self._listener = None
        if self._wake is not None and self._listener is not None:
            return
        now = time.monotonic_ns()
        if not self._mend_at:
            self._mend_at = now + RETRY_MS * 1_000_000
        elif now >= self._mend_at and standard_streams_open():
            self._mend_at = 0
            self._open()

    def _await_news(self, patience_ms: int) -> set[int]:
        poll = select.poll()
        if self._wake is not None:
            poll.register(self._wake.number, select.POLLIN)
        if self._listener is not None and not self._listener.resting:
            poll.register(self._listener.owned.number, select.POLLIN)
        for client in self._audience.clients:
            poll.register(
                client.owned.number, select.POLLIN | (select.POLLOUT if client.wants_write else 0)
            )
        return {fd for fd, _ in poll.poll(patience_ms)}

    def _welcome(self) -> None:
        assert self._listener is not None
        connection = self._listener.accept()
        if connection is not None:
            self._audience.admit(connection)

    def _answer(self, client: Client) -> None:
        requests = client.requests()
        if client.closed:
            return
        self._audience.introduce(client)
        for request in requests:
            if request.get("ask") == "stacks":
                self._audience.send_stacks(client)
            elif request.get("ask") == "ledger":
                self._audience.send_picture(client)
            elif request.get("ask") == "detach" and self._departure is not None:
                self._depart(self._departure)

    def _depart(self, departure: Departure) -> None:
        """In a thread of its own, as it waits for the end of this one, or else when we are done."""
        if not departure.start():
            self._farewell_reason = frames.DETACHED
            self._stopping = True
            self._last_act = departure.leave
