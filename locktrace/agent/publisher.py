"""The agent's own thread: serves observers from the ledger and never makes anyone wait.

It is a raw `_thread`, so `threading.enumerate()` and shutdown do not see it; it blocks all
signals, so they reach the threads they reached before; it sleeps until an observer comes.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import select
import signal
import socket
import time

from locktrace.agent.client import Client, refusal
from locktrace.agent.encoder import Encoder
from locktrace.agent.listener import Listener
from locktrace.agent.primitives import tap
from locktrace.agent.reading import Batch, Ledger
from locktrace.wire import frames

TURN_MS = 50  # between two batches of events
LOOK_NS = 250_000_000  # between two looks at who has left a lock behind
HEARTBEAT_NS = 1_000_000_000
MAX_CLIENTS = 64
PAUSE_S = 0.2  # the longest that a fork waits for our thread to be out of the way
FAREWELL_S = 2.0  # the longest that an exiting program waits for its last picture to leave

_FAULT_SIGNALS = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}


class Publisher:
    """Owns the socket, the observers and the thread."""

    def __init__(self, ledger: Ledger, version: str) -> None:
        self._ledger = ledger
        self._encoder = Encoder(ledger, version)
        self._clients: list[Client] = []
        self._stopping = False
        self._pausing = False
        self._finished = _thread.allocate_lock()
        self._thread_id = 0
        self._dropped = 0
        self._looked = self._beat = 0
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._listener: Listener | None = None
        self.trouble = ""
        try:
            self._listener = Listener()
        except OSError as error:
            self.trouble = str(error)

    # -- from other threads

    def start(self) -> None:
        """Start the thread."""
        self._stopping = self._pausing = False
        self._finished = _thread.allocate_lock()
        self._finished.acquire()
        _thread.start_new_thread(self._run, ())

    def adopt(self, connection: socket.socket) -> None:
        """Serve an observer whose connection was inherited; before `start`."""
        self._clients.append(Client(connection))

    def stop(self) -> None:
        """Send the last picture, close everything, end the thread; at most FAREWELL_S."""
        self._stopping = True
        self._await_end(FAREWELL_S)
        if self._listener is not None:
            self._listener.close(unlink=True)

    def pause(self) -> None:
        """End the thread and keep the rest, so that a fork finds a process without our thread."""
        self._pausing = True
        if self._await_end(PAUSE_S):
            task = f"/proc/self/task/{self._thread_id}"
            deadline = time.monotonic() + PAUSE_S
            while os.path.exists(task) and time.monotonic() < deadline:
                time.sleep(0)

    def abandon(self) -> None:
        """In a forked child: let go of the parent's sockets without a word."""
        for client in self._clients:
            client.close()
        if self._listener is not None:
            self._listener.close(unlink=False)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _await_end(self, seconds: float) -> bool:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"x")
        return self._finished.acquire(True, seconds)

    # -- the thread

    def _run(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals() - _FAULT_SIGNALS)
        self._thread_id = _thread.get_native_id()
        try:
            while not (self._stopping or self._pausing):
                try:
                    self._turn(self._patience_ms())
                except Exception as error:  # a fault of ours costs a turn, not the agent
                    self._fault(error)
            if self._stopping:
                self._farewell()
        except BaseException as error:
            self._fault(error)
        finally:
            with contextlib.suppress(RuntimeError):
                self._finished.release()

    def _fault(self, error: BaseException) -> None:
        if len(tap.faults) < tap.MAX_FAULTS:
            tap.faults.append(f"publisher: {type(error).__name__}: {error}")
        time.sleep(TURN_MS / 1000)

    def _patience_ms(self) -> int | None:
        """Nobody to tell: sleep until somebody comes."""
        return TURN_MS if any(client.greeted for client in self._clients) else None

    def _turn(self, patience_ms: int | None) -> None:
        ready = self._await_news(patience_ms)
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)
        if self._listener is not None and self._listener.socket.fileno() in ready:
            self._welcome()
        for client in list(self._clients):
            if client.socket.fileno() in ready:
                self._answer(client)
            if client.wants_write:
                client.flush()
        self._publish()
        self._clients = [client for client in self._clients if not client.closed]

    def _await_news(self, patience_ms: int | None) -> set[int]:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        if self._listener is not None:
            poll.register(self._listener.socket, select.POLLIN)
        for client in self._clients:
            poll.register(
                client.socket, select.POLLIN | (select.POLLOUT if client.wants_write else 0)
            )
        return {fd for fd, _ in poll.poll(patience_ms)}

    def _welcome(self) -> None:
        assert self._listener is not None
        connection = self._listener.accept()
        if connection is None:
            return
        client = Client(connection)
        reason = refusal(connection)
        if reason is None and len(self._clients) >= MAX_CLIENTS:
            reason = f"{MAX_CLIENTS} observers are here already"
        if reason is not None:
            client.dismiss(reason)
            return
        self._clients.append(client)

    def _answer(self, client: Client) -> None:
        greeted = client.greeted
        requests = client.requests()
        if client.closed:
            return
        if client.greeted and not greeted:
            self._introduce(client)
        for request in requests:
            if request.get("ask") == "stacks":
                client.send(self._encoder.stacks())
            elif request.get("ask") == "ledger":
                self._send_picture(client)

    def _introduce(self, client: Client) -> None:
        """Handshake, definitions and the full ledger; from now on there are events to record."""
        self._ledger.listen(True)
        self._ledger.look()  # first: it may find locks that are worth telling of
        client.send(self._encoder.hello(self._thread_id))
        client.send(*self._encoder.locks(self._ledger.locks()))
        self._send_picture(client)

    def _send_picture(self, client: Client) -> None:
        holds, waits = self._ledger.holds(), self._ledger.waits()
        stacks = {row[4] for row in holds} | {row[4] for row in waits}
        self._define(client, stacks, {actor.id for actor in self._ledger.actors()})
        client.send(*self._encoder.totals(everything=True, **self._news()))
        client.send(self._encoder.ledger(holds, waits, **self._news()))

    def _define(self, client: Client, stacks: set[int], actors: set[int]) -> None:
        stacks, actors = stacks - client.stacks, actors - client.actors
        if stacks or actors:
            client.stacks |= stacks
            client.actors |= actors
            client.send(self._encoder.references(stacks, actors))

    def _news(self) -> dict[str, int]:
        return {"dropped": self._dropped, "faults": len(tap.faults)}

    def _publish(self) -> None:
        listeners = [c for c in self._clients if c.greeted and not c.closed]
        if not listeners:
            self._ledger.listen(False)
            return
        batches, lost = self._ledger.drain_events()
        if lost:
            self._count_drops(lost, listeners)
        self._send_births(listeners)  # after the drain: an event must not name what is unknown
        self._send_events(batches, listeners)
        now = time.monotonic_ns()
        if now - self._looked > LOOK_NS:
            self._looked = now
            self._send_totals(listeners)
            for client in listeners:
                if client.lagging and client.drained:
                    client.lagging = False
                    self._send_picture(client)

    def _send_births(self, listeners: list[Client]) -> None:
        data = list(self._encoder.locks(self._ledger.drain_births()))
        labels = self._ledger.drain_labels()
        if labels:
            data.append(self._encoder.labels(labels))
        for client in listeners:
            client.send(*data)

    def _send_events(self, batches: list[Batch], listeners: list[Client]) -> None:
        for batch in batches:
            self._encoder.forget(batch.destroyed)
            data = frames.pack(frames.EVENTS, batch.payload)
            for client in listeners:
                self._define(client, batch.stacks, batch.actors)
                if not client.lagging:
                    client.send(data)

    def _count_drops(self, lost: int, listeners: list[Client]) -> None:
        self._dropped += lost
        for client in listeners:
            client.lagging = True  # a fresh picture puts right what they missed

    def _send_totals(self, listeners: list[Client]) -> None:
        look = self._ledger.look()
        news = {"returned": look.returned, "ended": look.ended, **self._news()}
        data = list(self._encoder.totals(everything=False, **news))
        for client in listeners:
            client.send(*data)

    def _farewell(self) -> None:
        """The last picture and a goodbye, written for at most FAREWELL_S."""
        self._turn(0)  # a short program may end before its observer was heard
        self._ledger.look(settled_ns=0)
        listeners = [c for c in self._clients if c.greeted and not c.closed]
        for client in listeners:
            self._send_picture(client)
            client.send(frames.pack_json(frames.BYE, {"reason": frames.GOODBYE}))
        deadline = time.monotonic() + FAREWELL_S
        while time.monotonic() < deadline and any(c.wants_write for c in listeners):
            poll = select.poll()
            for client in listeners:
                if client.wants_write:
                    poll.register(client.socket, select.POLLOUT)
            poll.poll(TURN_MS)
            for client in listeners:
                client.flush()
        for client in self._clients:
            client.close()
