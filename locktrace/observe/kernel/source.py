"""The kernel as a source, alone or beside the agent."""

from __future__ import annotations

from pathlib import Path

import psutil

from locktrace.errors import EngineLostError, KernelViewError, TargetEndedError
from locktrace.kernel_view import KernelView
from locktrace.launch.fate import fate, incarnation
from locktrace.launch.processes import find
from locktrace.model import Process
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.ledger import KernelLedger
from locktrace.observe.kernel.sampler import Sampler
from locktrace.observe.kernel.threads import Threads
from locktrace.observe.kernel.tracer import THRESHOLD_NS, Tracer
from locktrace.observe.kernel.witness import Witness
from locktrace.observe.source import Frame

_HOST = "pid:[4026531836]"  # the pid namespace in which the machine has started


class KernelSource:
    """Watches one process; `witness` makes snapshots of what the kernel tells of it.

    There are no frames: `receive` has the witness take in what has come. `tracer` is one that
    others use as well; else one is started, which takes some seconds. KernelViewError,
    NotPermittedError, NotTracedError (no Python) or NoSuchProcessError, each with a sentence.
    """

    clock_offset_ns = 0

    def __init__(
        self, pid: int, tracer: Tracer | None = None, *, threshold_ns: int = THRESHOLD_NS
    ) -> None:
        target = find(pid)
        self._incarnation = incarnation(pid)
        program = preflight.check() if tracer is None else ""
        interpreter = Interpreter(pid)
        try:
            self.process = _process(target, interpreter)
            self.tracer = tracer or Tracer(threshold_ns, program)
            self._following = self.tracer.follow(pid, interpreter.gil, interpreter.parks)
        except BaseException:
            interpreter.close()
            raise
        since_ns = self._following.since_ns
        about = KernelView(
            engine=self.tracer.name,
            since_ns=since_ns,
            threshold_ns=self.tracer.threshold_ns,
            notes=_notes(),
        )
        sampler = Sampler(self.process, crowd=lambda: self.tracer.crowd)
        ledger, threads = KernelLedger(since_ns), Threads(pid)
        self.witness = Witness(ledger, interpreter, threads, sampler, about)
        self.witness.find_old_waits()

    def receive(self, timeout: float) -> list[Frame]:
        try:
            heard = self.tracer.receive(self._following, timeout)
        except KernelViewError as error:
            raise EngineLostError(str(error)) from None
        for record in heard:
            self.witness.ledger.apply(record)
        if become := fate(self._incarnation):
            raise TargetEndedError(f"process {self.process.pid} {become}")
        return []

    def ask(self, what: str) -> None:
        """The kernel has no ledger to ask for; stacks come from py-spy."""

    def close(self) -> None:
        self.tracer.leave(self._following)
        self.witness.close()


class BothSource:
    """The agent's frames, and what the kernel tells; it ends with the agent, not the kernel."""

    def __init__(self, agent: AgentSource, kernel: KernelSource) -> None:
        self.process = agent.process
        self.clock_offset_ns = agent.clock_offset_ns
        self.agent_thread = agent.agent_thread
        self.witness = kernel.witness
        self._agent = agent
        self._kernel = kernel

    def receive(self, timeout: float) -> list[Frame]:
        self._hear_the_kernel()
        return self._agent.receive(timeout)

    def ask(self, what: str) -> None:
        self._agent.ask(what)

    def close(self) -> None:
        self._agent.close()
        self._kernel.close()

    def _hear_the_kernel(self) -> None:
        if self.witness.ended:
            return
        try:
            self._kernel.receive(0.0)
        except (EngineLostError, TargetEndedError) as error:
            self.witness.ended = str(error)


def _process(target: psutil.Process, interpreter: Interpreter) -> Process:
    try:
        command = tuple(target.cmdline())
        created = target.create_time()
    except psutil.Error:
        raise TargetEndedError(f"process {target.pid} has ended") from None
    return Process(target.pid, created, interpreter.version, "", command)


def _notes() -> tuple[str, ...]:
    if str(Path("/proc/self/ns/pid").readlink()) == _HOST:
        return ()
    return ("Who woke whom is not known: locktrace is in a pid namespace of its own.",)
