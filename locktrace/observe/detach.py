"""Taking the agent out of a process, by its own hand: nothing is injected for it."""

from __future__ import annotations

import time

from locktrace.errors import NotTracedError, TargetEndedError, TargetLostError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource

ANSWER_S = 10.0


def detach(pid: int) -> None:
    """Return when nothing of the agent in `pid` runs any more.

    NotTracedError if there is none, TargetLostError if it does not go.
    """
    source = AgentSource(connect(pid), pid)
    deadline = time.monotonic() + ANSWER_S
    try:
        source.ask("detach")
        while time.monotonic() < deadline:
            source.receive(0.1)
    except TargetEndedError:
        _await_silence(pid, deadline)
        return
    finally:
        source.close()
    raise TargetLostError(
        f"the agent in process {pid} was asked to go and did not within {ANSWER_S:.0f} s"
    )


def _await_silence(pid: int, deadline: float) -> None:
    """It says goodbye first, and removes its socket last."""
    while time.monotonic() < deadline:
        try:
            connect(pid).close()
        except NotTracedError:
            return
        time.sleep(0.005)
