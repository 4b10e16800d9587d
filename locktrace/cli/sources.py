"""Who is asked about a process: its agent, the kernel, or both."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    from locktrace.launch.reach import Reached
    from locktrace.observe.agent_source import AgentSource
    from locktrace.observe.kernel.source import KernelSource
    from locktrace.observe.kernel.tracer import Tracer
    from locktrace.observe.source import Source, State

    Opened = tuple[Source, State | None]

GROWN_S = 1.0  # a child of that age is no fork any more that is about to become another program
ONLY_OBSERVED = (
    "locktrace: the C core does not serve in process {pid} ({why}), so it is only observed: of "
    "locks made before now nothing is seen, neither who holds nor who waits; of later ones all is"
)


class Witness(StrEnum):
    """Who is asked about a process."""

    AGENT = "agent"
    KERNEL = "kernel"
    BOTH = "both"


class Sources:
    """Opens sources on one process or several; one bpftrace serves all of them.

    LocktraceError, with a sentence, where that cannot be.
    """

    def __init__(self, witness: Witness, method: Method) -> None:
        self._witness = witness
        self._method = method
        self._tracer: Tracer | None = None

    def enter(self, pid: int, *, tell: bool = False) -> Opened:
        """A source on `pid`; the agent is brought in if it is asked and not there.

        `tell` says on stderr what a person should know of how we got in.
        """
        if self._witness is Witness.KERNEL:
            return self._kernel_alone(pid)
        alone = self._witness is Witness.AGENT
        return self._with_agent(_reach(pid, self._method, tell, silent=alone), pid)

    def open(self, pid: int) -> Opened:
        """A source on a child as it is; NotTracedError if its agent, or it, has yet to come."""
        from locktrace.launch.processes import connect
        from locktrace.observe.agent_source import AgentSource

        if self._witness is Witness.KERNEL:
            _await_exec(pid)
            return self._kernel_alone(pid)
        return self._with_agent(AgentSource(connect(pid), pid), pid)

    def _kernel_alone(self, pid: int) -> Opened:
        from locktrace.observe.kernel.states import KernelState

        kernel = self._kernel(pid)
        return kernel, KernelState(kernel.process, kernel.witness)

    def _with_agent(self, agent: AgentSource, pid: int) -> Opened:
        if self._witness is Witness.AGENT:
            from locktrace.observe.state import LedgerState

            return agent, LedgerState(agent.process, agent.silent_ns)
        from locktrace.observe.kernel.source import BothSource
        from locktrace.observe.kernel.states import BothState

        try:
            both = BothSource(agent, self._kernel(pid))
        except BaseException:
            agent.close()
            raise
        return both, BothState(both.process, both.witness, both.ask)

    def _kernel(self, pid: int) -> KernelSource:
        from locktrace.observe.kernel.source import KernelSource

        kernel = KernelSource(pid, self._tracer)
        self._tracer = kernel.tracer
        return kernel


def _await_exec(pid: int) -> None:
    from locktrace.errors import NotTracedError
    from locktrace.launch.processes import find

    if time.time() - find(pid).create_time() < GROWN_S:
        raise NotTracedError(f"process {pid} has only just begun")


def _reach(pid: int, method: Method, tell: bool, *, silent: bool) -> AgentSource:
    """`silent`: also an agent that does not answer."""
    from locktrace.errors import GilKeptError
    from locktrace.launch.reach import reach
    from locktrace.observe.agent_source import AgentSource

    try:
        reached = reach(pid, method)
    except GilKeptError as error:
        raise GilKeptError(f"{error}{_keeper(pid)}") from None
    if tell:
        _tell(pid, reached)
    return AgentSource(reached.connection, pid, silent=silent)


def _keeper(pid: int) -> str:
    """Who keeps the GIL, as seen from outside, to go behind a sentence; empty if nobody knows."""
    from locktrace.model import Process
    from locktrace.snapshots.stacks import py_spy_stacks
    from locktrace.wording import plain, where

    threads = py_spy_stacks(Process(pid, 0.0, "", "", ())).threads
    keeper = next((thread for thread in threads if thread.owns_gil), None)
    if keeper is None:
        return ""
    name = plain(keeper.name) or f"thread {keeper.native_id}"
    place = where(keeper.frames[0]) if keeper.frames else "code that has no Python frame"
    return f" (py-spy sees it with {name}, in {place})"


def _tell(pid: int, reached: Reached) -> None:
    if reached.entered is not None and reached.entered.core != "c":
        from locktrace.wording import plain

        why = plain(reached.entered.note) or "its environment has LOCKTRACE_CORE=py"
        typer.echo(ONLY_OBSERVED.format(pid=pid, why=why), err=True)
