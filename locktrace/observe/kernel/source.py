"""The kernel as a source, alone or beside the agent."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from locktrace.errors import EngineLostError, KernelViewError, TargetEndedError
from locktrace.kernel_view import KernelView
from locktrace.launch.processes import find
from locktrace.model import Process
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.engine import START_S, Engine
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.ledger import KernelLedger
from locktrace.observe.kernel.lines import Began, parse
from locktrace.observe.kernel.sampler import Sampler
from locktrace.observe.kernel.threads import Threads
from locktrace.observe.kernel.witness import Witness
from locktrace.observe.source import Frame

LINE = 1 << 8
"""The type of a frame that is a line of the engine; those of the wire have 8 bits."""
TICK = b'"at '
THRESHOLD_NS = 5_000_000
MOST_TOLD = 1000  # single waits in half a second
_HOST = "pid:[4026531836]"  # the pid namespace in which the machine has started


class KernelSource:
    """Watches one process; `witness` makes snapshots of what comes.

    The constructor takes some seconds: bpftrace compiles its program. KernelViewError,
    NotPermittedError, NotTracedError (no Python) or NoSuchProcessError, each with a sentence.
    """

    clock_offset_ns = 0

    def __init__(self, pid: int, *, threshold_ns: int = THRESHOLD_NS) -> None:
        self._target = find(pid)
        program = preflight.check()
        interpreter = Interpreter(pid)
        try:
            self.process = _process(self._target, interpreter)
            numbers = (pid, threshold_ns, *interpreter.gil, MOST_TOLD, int(interpreter.parks))
            self._engine = Engine(program, numbers)
        except BaseException:
            interpreter.close()
            raise
        try:
            began = self._await_probes()
        except BaseException:
            self._engine.close()
            interpreter.close()
            raise
        ledger = KernelLedger()
        ledger.apply(began)
        about = KernelView(
            engine=Path(program).name,
            since_ns=began.at_ns,
            threshold_ns=threshold_ns,
            notes=_notes(),
        )
        threads, sampler = Threads(pid), Sampler(self.process)
        self.witness = Witness(ledger, interpreter, threads, sampler, about)
        self.witness.find_old_waits()

    @property
    def engine_pid(self) -> int:
        """The process that asks the kernel."""
        return self._engine.pid

    def receive(self, timeout: float) -> list[Frame]:
        try:
            lines = self._until_tick(timeout)
        except KernelViewError as error:
            raise EngineLostError(str(error)) from None
        if not lines and _has_ended(self._target):
            raise TargetEndedError(f"process {self.process.pid} has ended")
        return [(LINE, line) for line in lines]

    def _until_tick(self, timeout: float) -> list[bytes]:
        """What has come; a line alone is not worth a look."""
        deadline = time.monotonic() + timeout
        lines: list[bytes] = []
        while True:
            lines += self._engine.lines(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline or any(TICK in line for line in lines):
                return lines

    def ask(self, what: str) -> None:
        """The kernel has no ledger to ask for; stacks come from py-spy."""

    def close(self) -> None:
        self._engine.close()
        self.witness.close()

    def _await_probes(self) -> Began:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            for line in self._engine.lines(0.2):
                record = parse(line)
                if isinstance(record, Began):
                    self._check_counting(record)
                    return record
        raise KernelViewError(f"bpftrace did not have its probes in place within {START_S:.0f} s")

    def _check_counting(self, began: Began) -> None:
        if began.pid != self._engine.pid:
            raise KernelViewError(
                "this bpftrace counts processes as the host does, and locktrace is in a pid "
                "namespace: run locktrace on the host, or use a newer bpftrace (0.27 will do)"
            )


class BothSource:
    """The agent's frames and the kernel's lines; it ends with the agent, not with the kernel."""

    def __init__(self, agent: AgentSource, kernel: KernelSource) -> None:
        self.process = agent.process
        self.clock_offset_ns = agent.clock_offset_ns
        self.agent_thread = agent.agent_thread
        self.witness = kernel.witness
        self._agent = agent
        self._kernel = kernel

    def receive(self, timeout: float) -> list[Frame]:
        lines = self._lines()
        return [*lines, *self._agent.receive(0.0 if lines else timeout)]

    def ask(self, what: str) -> None:
        self._agent.ask(what)

    def close(self) -> None:
        self._agent.close()
        self._kernel.close()

    def _lines(self) -> list[Frame]:
        if self.witness.ended:
            return []
        try:
            return self._kernel.receive(0.0)
        except (EngineLostError, TargetEndedError) as error:
            self.witness.ended = str(error)
            return []


def _process(target: psutil.Process, interpreter: Interpreter) -> Process:
    try:
        command = tuple(target.cmdline())
        created = target.create_time()
    except psutil.Error:
        raise TargetEndedError(f"process {target.pid} has ended") from None
    return Process(target.pid, created, interpreter.version, "", command)


def _has_ended(target: psutil.Process) -> bool:
    try:
        return not target.is_running() or target.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def _notes() -> tuple[str, ...]:
    if str(Path("/proc/self/ns/pid").readlink()) == _HOST:
        return ()
    return ("Who woke whom is not known: locktrace is in a pid namespace of its own.",)
