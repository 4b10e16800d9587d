"""What the kernel's view costs, and how far it and the agent agree; BENCHMARK_JSON keeps it.

Block after block, BENCHMARK_BLOCKS of them: bare and the C core while no bpftrace is running, for
its tracepoints slow the system calls of the whole machine, then the same beside it, then bare and
the C core again; each is compared with what is on both sides of it. What is measured runs with
real-time priority, if we may, so that other load of the machine does not come between.
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
from benchmarks.children import prefer
from benchmarks.lock_pairs import CONTENDED
from benchmarks.locks import Variant
from locktrace.errors import LocktraceError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.source import BothSource, KernelSource
from locktrace.observe.kernel.states import BothState, KernelState
from locktrace.session import Session

BLOCKS = int(os.environ.get("BENCHMARK_BLOCKS", "10"))
TIMES = {"uncontended": 60, "contended": 12}
QUIET = 25  # per cent: of so many timings the best quarter is what a busy machine leaves alone
UNCONTENDED = "with lock"
WORKLOADS = {"uncontended": UNCONTENDED, "contended": CONTENDED}
AIMS = {"uncontended": 0.99, "contended": 0.90}
PLAIN = ("bare", "C core")

Nanoseconds = dict[str, dict[str, float]]
Quartiles = dict[str, dict[str, list[float]]]


def measure() -> tuple[Nanoseconds, Quartiles]:
    """Medians in ns a round, and the quartiles of the throughput in parts of bare."""
    blocks: list[tuple[Nanoseconds, Nanoseconds]] = []
    with ExitStack() as stack:
        bare = stack.enter_context(Variant("bare", None))
        core = stack.enter_context(Variant("C core", "c"))
        for variant in (bare, core):
            prefer(variant.pid)
        blocks = [_block(bare, core) for _ in range(BLOCKS)]
    times: Nanoseconds = {}
    shares: Quartiles = {}
    for work in WORKLOADS:
        names = list(blocks[0][0][work])
        times[work] = {n: median(found[work][n] for found, _ in blocks) for n in names}
        shares[work] = {
            n: quantiles([share[work][n] for _, share in blocks], n=4) for n in names[1:]
        }
    return times, shares


def _block(bare: Variant, core: Variant) -> tuple[Nanoseconds, Nanoseconds]:
    """What each takes in ns, and in parts of what bare has taken before and after it."""
    plain = dict(zip(PLAIN, (bare, core), strict=True))
    before = _times(**plain)
    with _watched(_agent(core.pid)):
        observed = _times(**{"C observed": core})
    with _watched(_kernel(bare.pid)):
        kernel = _times(kernel=bare)
    with _watched(_both(core.pid)):
        both = _times(both=core)
    after = _times(**plain)
    found: Nanoseconds = {}
    shares: Nanoseconds = {}
    for work in WORKLOADS:
        sides = {name: (before[work][name] + after[work][name]) / 2 for name in PLAIN}
        found[work] = {**sides, **observed[work], **kernel[work], **both[work]}
        shares[work] = {name: sides["bare"] / ns for name, ns in found[work].items()}
    return found, shares


def _times(**variants: Variant) -> Nanoseconds:
    """What each variant takes at quiet moments, the variants in turn."""
    found: Nanoseconds = {}
    for work, statement in WORKLOADS.items():
        rows = [
            [variant.time(statement) for variant in variants.values()] for _ in range(TIMES[work])
        ]
        found[work] = {
            name: quantiles([row[column] for row in rows], n=100)[QUIET - 1]
            for column, name in enumerate(variants)
        }
    return found


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
    yield f"throughput in parts of bare: the median of {BLOCKS} blocks, and the middle half of them"
    yield f"{'':<12}" + "".join(f"{name:>22}" for name in names)
    for work, row in shares.items():
        cells = [f"{half:.3f} ({low:.3f}-{high:.3f})" for low, half, high in row.values()]
        yield f"{work:<12}" + "".join(f"{cell:>22}" for cell in cells)
    for work, aim in AIMS.items():
        yield f"{work} with the kernel's view: {shares[work]['kernel'][1]:.3f}x, wanted {aim:.2f}x"
    yield "the agent's waits of 5 ms and more that the kernel confirms"
    for where, count in confirmed.items():
        yield (
            f"{where:<22}{count['same_thread_and_address']:>6} of {count['waits']} by thread and "
            f"address, {count['duration_within_1_ms']} within 1 ms "
            f"(worst {count['worst_difference_ms']} ms)"
        )


def _document(times: Nanoseconds, shares: Quartiles, confirmed: object) -> str:
    version = subprocess.run(["bpftrace", "--version"], capture_output=True, text=True, check=True)
    about = {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "linux": platform.release(),
        "python": platform.python_version(),
        "bpftrace": version.stdout.strip(),
        "locktrace": locktrace.__version__,
        "blocks": BLOCKS,
    }
    document = {"about": about, "ns": times, "throughput": shares, "confirmed": confirmed}
    return json.dumps(document, indent=1) + "\n"
