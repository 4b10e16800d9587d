"""What the kernel's view costs, and how far it and the agent agree; BENCHMARK_JSON keeps it.

In one run, block after block: bare and the C core while no bpftrace is running, for its
tracepoints slow the system calls of the whole machine, then the same beside it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

import locktrace
from benchmarks import kernel_confirms
from benchmarks.lock_pairs import CONTENDED
from benchmarks.locks import Variant
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.source import BothSource, KernelSource
from locktrace.observe.kernel.states import BothState, KernelState
from locktrace.session import Session

BLOCKS = 5
TIMES = {"uncontended": 250, "contended": 24}
QUIET = 10  # per cent: of so many timings the best tenth is what a busy machine leaves alone
UNCONTENDED = "with lock"
WORKLOADS = {"uncontended": UNCONTENDED, "contended": CONTENDED}

Nanoseconds = dict[str, dict[str, float]]


def measure() -> tuple[Nanoseconds, Nanoseconds]:
    """Medians in ns a round, and throughput in parts of bare: workload -> variant -> number."""
    rounds: list[Nanoseconds] = [_block() for _ in range(BLOCKS)]
    names = list(rounds[0]["uncontended"])
    times = {
        work: {name: median(block[work][name] for block in rounds) for name in names}
        for work in WORKLOADS
    }
    shares = {
        work: {
            name: median(block[work]["bare"] / block[work][name] for block in rounds)
            for name in names
        }
        for work in WORKLOADS
    }
    return times, shares


def _block() -> Nanoseconds:
    found: Nanoseconds = {work: {} for work in WORKLOADS}
    with ExitStack() as stack:
        bare = stack.enter_context(Variant("bare", None))
        core = stack.enter_context(Variant("C core", "c"))
        _time(found, bare=bare, **{"C core": core})
        with _watched(_agent(core.pid)):
            _time(found, **{"C observed": core})
        with _watched(_kernel(bare.pid)):
            _time(found, kernel=bare)
        with _watched(_both(core.pid)):
            _time(found, both=core)
    return found


def _time(found: Nanoseconds, **variants: Variant) -> None:
    """Fill in what each variant takes at quiet moments, the variants in turn."""
    for work, statement in WORKLOADS.items():
        rows = [
            [variant.time(statement) for variant in variants.values()] for _ in range(TIMES[work])
        ]
        for column, name in enumerate(variants):
            found[work][name] = quantiles([row[column] for row in rows], n=100)[QUIET - 1]


@contextmanager
def _watched(session: Session) -> Iterator[None]:
    """The session is looked at all the time, as by a screen."""
    session.settle(60)
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.25):
            session.poll(0.25)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        done.set()
        looking.join()
        session.close()


def _agent(pid: int) -> Session:
    return Session(AgentSource(connect(pid), pid))


def _kernel(pid: int) -> Session:
    kernel = KernelSource(pid)
    return Session(kernel, state=KernelState(kernel.process, kernel.witness))


def _both(pid: int) -> Session:
    both = BothSource(AgentSource(connect(pid), pid), KernelSource(pid))
    return Session(both, state=BothState(both.process, both.witness, both.ask))


def table() -> Iterator[str]:
    """Lines: throughput in parts of bare, and how many of the agent's waits are confirmed."""
    try:
        preflight.check()
    except LocktraceError as error:
        yield f"kernel: left out, {error}"
        return
    times, shares = measure()
    confirmed = {
        "the demo's stall": kernel_confirms.stall().document(),
        "4 threads, one lock": kernel_confirms.contended().document(),
    }
    if "BENCHMARK_JSON" in os.environ:
        Path(os.environ["BENCHMARK_JSON"]).write_text(_document(times, shares, confirmed))
    names = list(shares["uncontended"])
    yield f"throughput in parts of bare, medians of {BLOCKS} blocks, of each its quietest tenth"
    yield f"{'':<14}" + "".join(f"{name:>12}" for name in names)
    for work, row in shares.items():
        yield f"{work:<14}" + "".join(f"{row[name]:>11.3f}x" for name in names)
    yield "the agent's waits of 5 ms and more that the kernel confirms"
    for where, count in confirmed.items():
        yield (
            f"{where:<22}{count['same_thread_and_address']:>6} of {count['waits']} by thread and "
            f"address, {count['duration_within_1_ms']} within 1 ms "
            f"(worst {count['worst_difference_ms']} ms)"
        )


def _document(times: Nanoseconds, shares: Nanoseconds, confirmed: object) -> str:
    version = subprocess.run(["bpftrace", "--version"], capture_output=True, text=True, check=True)
    about = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "linux": platform.release(),
        "python": platform.python_version(),
        "bpftrace": version.stdout.strip(),
        "locktrace": locktrace.__version__,
    }
    document = {"about": about, "ns": times, "throughput": shares, "confirmed": confirmed}
    return json.dumps(document, indent=1) + "\n"
