"""One observer's connection, as the agent sees it: bounded, never waited for."""

from __future__ import annotations

import os
import socket
import struct
from collections import deque

from locktrace.agent.owned import Owned
from locktrace.wire import frames
from locktrace.wire.frames import FrameError, FrameReader

MAX_QUEUED = 8 * 1024 * 1024  # bytes; an observer that is further behind loses events
READ_SIZE = 65_536
MAX_REQUESTS = 16  # answered per turn; the rest of a flood is ignored


class Client:
    """Queues frames for one observer and reads its requests; no call blocks."""

    def __init__(self, connection: socket.socket, *, greeted: bool = False) -> None:
        self.owned = Owned(connection)
        self.greeted = greeted
        self.introduced = False
        self.lagging = False
        self.closed = False
        self.knows_locks = False
        self.stacks: set[int] = set()
        self.actors: set[int] = set()
        self._out: deque[memoryview] = deque()
        self._queued = 0
        self._reader = FrameReader(frames.MAX_TO_AGENT)

    @property
    def wants_write(self) -> bool:
        return bool(self._out)

    @property
    def drained(self) -> bool:
        return not self._out

    def send(self, *data: bytes) -> bool:
        """Queue all these frames; an observer too far behind is marked lagging and gets none.

        What was refused may have defined things, so definitions count as unknown to it then.
        """
        size = sum(map(len, data))
        if self._queued + size > MAX_QUEUED and self._out:
            self.lagging = True
            self.knows_locks = False
            self.stacks.clear()
            self.actors.clear()
            return False
        self._out.extend(map(memoryview, data))
        self._queued += size
        self.flush()
        return True

    def flush(self) -> None:
        """Write what the socket takes at once."""
        try:
            while self._out:
                sent = self.owned.socket.send(self._out[0])
                self._queued -= sent
                if sent == len(self._out[0]):
                    self._out.popleft()
                else:
                    self._out[0] = self._out[0][sent:]
        except BlockingIOError:
            pass
        except OSError:
            self.close()

    def requests(self) -> list[dict[str, object]]:
        """What the observer has asked for since; closes the connection at its end or at garbage."""
        asked: list[dict[str, object]] = []
        try:
            data = self.owned.socket.recv(READ_SIZE)
            if not data:
                self.close()
            for kind, payload in self._reader.feed(data):
                document = frames.unpack_json(payload)
                if kind == frames.HELLO:
                    self._greet(document)
                elif kind != frames.REQUEST:
                    raise FrameError(f"a frame of type {kind} is nothing an observer sends")
                elif len(asked) < MAX_REQUESTS:
                    asked.append(document)
        except BlockingIOError:
            pass
        except FrameError as error:
            self.dismiss(f"protocol error: {error}")
        except OSError:
            self.close()
        return asked

    def _greet(self, document: dict[str, object]) -> None:
        if document.get("protocol") != frames.PROTOCOL:
            raise FrameError(f"this agent speaks protocol {frames.PROTOCOL} only")
        self.greeted = True

    def dismiss(self, reason: str) -> None:
        """Say why, as far as the socket takes it at once, and close."""
        self._out.append(memoryview(frames.pack_json(frames.BYE, {"reason": reason})))
        self.flush()
        self.close()

    def close(self) -> None:
        self.closed = True
        self._out.clear()
        self.owned.close()


def refusal(connection: socket.socket) -> str | None:
    """Why the process at the other end may not observe us, or None: same user, or root."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", raw)
    if uid in {0, os.geteuid()}:
        return None
    return f"user {uid} may not observe a process of user {os.geteuid()}"
