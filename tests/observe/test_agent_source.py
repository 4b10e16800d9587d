"""An agent that talks nonsense is told of in a sentence, never in a traceback."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

import pytest

from locktrace.errors import TargetEndedError, TargetLostError
from locktrace.observe.agent_source import AgentSource
from locktrace.wire import frames

HELLO = {
    "protocol": frames.PROTOCOL,
    "agent": "0",
    "agent_thread": 1,
    "pid": os.getpid(),
    "python": "3.11.7",
    "core": "python",
    "command": [],
    "time_ns": 1,
    "wall": 1.0,
}


def answer(payload: bytes) -> AgentSource:
    """A source whose agent has greeted with `payload`."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(frames.pack(frames.HELLO, payload))
        return AgentSource(ours, os.getpid())


def without(key: str) -> dict[str, Any]:
    return {k: v for k, v in HELLO.items() if k != key}


@pytest.mark.parametrize(
    "payload",
    [
        b"[",
        b"[" * 100_000,
        json.dumps(without("pid")).encode(),
        json.dumps(HELLO | {"pid": "x"}).encode(),
        json.dumps(HELLO | {"time_ns": float("inf")}).encode(),
        json.dumps(HELLO | {"agent_thread": None}).encode(),
    ],
)
def test_a_greeting_without_sense_is_told_in_a_sentence(payload: bytes) -> None:
    with pytest.raises(TargetLostError, match="is no agent of locktrace"):
        answer(payload)


def test_a_greeting_with_sense_is_taken() -> None:
    source = answer(json.dumps(HELLO).encode())
    assert source.process.pid == os.getpid()
    source.close()


def test_a_goodbye_without_sense_is_one_all_the_same() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(frames.pack(frames.HELLO, json.dumps(HELLO).encode()))
        theirs.sendall(frames.pack(frames.BYE, b"["))
        source = AgentSource(ours, os.getpid())
        with pytest.raises(TargetLostError, match="not JSON"):
            source.receive(1.0)
    source.close()


def test_an_agent_that_left_our_greeting_unread_is_heard_to_its_goodbye() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(frames.pack(frames.HELLO, json.dumps(HELLO).encode()))
    theirs.sendall(frames.pack_json(frames.BYE, {"reason": frames.GOODBYE}))
    ours.sendall(b"never read, so that its end resets the connection")
    theirs.close()
    source = AgentSource(ours, os.getpid())
    with pytest.raises(TargetEndedError):
        source.receive(1.0)
    source.close()
