"""The agent's socket as a source."""

from __future__ import annotations

import select
import socket
import time
from collections import deque

import psutil

from locktrace.errors import TargetEndedError, TargetLostError
from locktrace.launch.fate import await_fate, incarnation
from locktrace.launch.namespaces import inner_pid, same_clock
from locktrace.model import Process
from locktrace.observe.source import Frame
from locktrace.wire import frames
from locktrace.wire.frames import FrameError, FrameReader

HANDSHAKE_S = 5.0
READ_SIZE = 1 << 18
MAX_TURN = 64  # reads in one turn, so that a flood cannot hold a screen back


class AgentSource:
    """Speaks the protocol on a connected socket; `process` is known after the handshake.

    An agent that does not answer it within `patience` seconds is a TargetLostError; with `silent`
    it is waited for, `process` is what is seen from outside, and its HELLO comes by `receive`.
    """

    def __init__(
        self,
        connection: socket.socket,
        pid: int,
        *,
        patience: float = HANDSHAKE_S,
        silent: bool = False,
    ) -> None:
        self._socket = connection
        self._reader = FrameReader(frames.MAX_TO_OBSERVER)
        self._waiting: deque[Frame] = deque()
        self._pid = pid
        self._incarnation = incarnation(pid)
        self.agent_thread = 0
        self.clock_offset_ns = 0
        self.silent_ns = 0
        """Since when an answer to our HELLO is awaited, by our clock; 0: it has come."""
        try:
            if self._greet(patience):
                self.process = self._understood(*self._waiting.popleft())
            elif silent:
                self.process = _from_outside(pid)
            else:
                raise TargetLostError(
                    f"the agent in process {self._pid} did not answer within {patience:.0f} s; "
                    "its interpreter may be stopped or stuck in a C call"
                )
        except BaseException:
            self.close()
            raise

    def _greet(self, patience: float) -> bool:
        """Whether an answer has come."""
        self.silent_ns = time.monotonic_ns()
        self._send(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
        deadline = time.monotonic() + patience
        while not self._waiting and (left := deadline - time.monotonic()) > 0:
            self._read(left)
        return bool(self._waiting)

    def _understood(self, kind: int, payload: bytes) -> Process:
        """What the agent's answer says; TargetLostError if it is none."""
        self.silent_ns = 0
        try:
            return self._introduced(kind, payload)
        except (FrameError, KeyError, TypeError, ValueError) as error:
            raise TargetLostError(
                f"what answers for process {self._pid} is no agent of locktrace ({error!r})"
            ) from None

    def _introduced(self, kind: int, payload: bytes) -> Process:
        hello = frames.unpack_json(payload)
        if kind == frames.BYE:
            raise TargetLostError(f"the agent refused: {hello.get('reason', 'no reason given')}")
        if kind != frames.HELLO or hello.get("protocol") != frames.PROTOCOL:
            raise TargetLostError(
                f"process {self._pid} speaks protocol {hello.get('protocol')}, "
                f"this locktrace speaks {frames.PROTOCOL}; use the same version on both sides"
            )
        return self._process(hello)

    def _process(self, hello: dict[str, object]) -> Process:
        if int(str(hello["pid"])) != inner_pid(self._pid):
            raise TargetLostError(f"another process than {self._pid} answers for it")
        offset = time.monotonic_ns() - int(str(hello["time_ns"]))
        self.clock_offset_ns = 0 if same_clock(self._pid) else offset
        self.agent_thread = int(str(hello["agent_thread"]))
        try:
            created = psutil.Process(self._pid).create_time()
        except psutil.Error:
            created = 0.0  # it has ended, and what it said is still to be read
        command = hello["command"]
        return Process(
            pid=self._pid,
            created=created,
            python=str(hello["python"]),
            core=str(hello["core"]),
            command=tuple(map(str, command)) if isinstance(command, list) else (),
            agent=str(hello["agent"]),
            forked_ns=int(str(hello.get("forked_ns", 0))),
            core_note=str(hello.get("core_note", "")),
        )

    def receive(self, timeout: float) -> list[Frame]:
        if not self._waiting:
            self._read(timeout)
        if self._waiting and self.silent_ns:
            self.process = self._understood(*self._waiting[0])
        received = list(self._waiting)
        self._waiting.clear()
        for index, (kind, payload) in enumerate(received):
            if kind == frames.BYE:
                if index:  # first what came before the goodbye
                    self._waiting.extend(received[index:])
                    return received[:index]
                reason = _reason(payload)
                complete = reason in {frames.GOODBYE, frames.DETACHED}
                ended = TargetEndedError if complete else TargetLostError
                raise ended(self._lost(reason))
        return received

    def _read(self, timeout: float) -> None:
        ready, _, _ = select.select([self._socket], [], [], max(0.0, timeout))
        turns = 0
        while ready and turns < MAX_TURN:
            turns += 1
            try:
                data = self._socket.recv(READ_SIZE)
                if data:
                    self._waiting.extend(self._reader.feed(data))
            except FrameError as error:
                raise TargetLostError(self._lost(str(error))) from None
            except OSError:
                data = b""  # reset, as the agent has left something of ours unread
            if not data:
                if self._waiting:
                    return  # the end is told when what came before it has been taken
                raise TargetLostError(self._lost(""))
            ready, _, _ = select.select([self._socket], [], [], 0)

    def _lost(self, reason: str) -> str:
        if reason:
            return f"process {self._pid} {reason}"
        become = await_fate(self._incarnation)
        if not become:
            return f"process {self._pid} is alive but its agent has closed the connection"
        how = " without a goodbye (killed, crashed or os._exit)" if become == "has ended" else ""
        return f"process {self._pid} {become}{how}"

    def ask(self, what: str) -> None:
        self._send(frames.pack_json(frames.REQUEST, {"ask": what}))

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            # What the peer said before it closed is still there to read, and says more.
            return

    def close(self) -> None:
        self._socket.close()


def _from_outside(pid: int) -> Process:
    """A process whose agent does not answer; its Python and its core are not known."""
    try:
        process = psutil.Process(pid)
        return Process(pid, process.create_time(), "", "", tuple(process.cmdline()), "")
    except psutil.Error:
        return Process(pid, 0.0, "", "", (), "")


def _reason(payload: bytes) -> str:
    try:
        document = frames.unpack_json(payload)
    except FrameError as error:
        return str(error)
    return str(document.get("reason", "its agent hung up"))
