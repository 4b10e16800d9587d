"""The real kernel, asked about real programs."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from locktrace.kernel_view import FutexKind
from locktrace.model import Gap, Snapshot
from locktrace.observe.kernel.source import KernelSource
from locktrace.view import View
from tests.observe.kernel.conftest import Ask
from tests.support import Target, environment, eventually, running, until

GIVEN_BACK = "it is given back"
BPF_PROG_GET_FD_BY_ID = 13
SYS_BPF = {"x86_64": 321, "aarch64": 280}


@contextmanager
def waiting(python: str = sys.executable, *, trace: bool = False) -> Iterator[Target]:
    """A program whose thread `crowd-0` waits for a lock that is never let go."""
    with running("kernel_waits", python=python, trace=trace) as target:
        target.read()
        tell(target, "hold")
        tell(target, "crowd 1")
        yield target


def tell(target: Target, line: str) -> None:
    target.tell(line)
    target.expect(line.partition(" ")[0])


def kernel_of(view: View):  # type: ignore[no-untyped-def]
    assert view.snapshot.kernel is not None
    return view.snapshot.kernel


def names(snapshot: Snapshot, actors: list[int]) -> list[str]:
    return sorted(snapshot.actors[actor].name for actor in actors)


def test_the_agent_s_waits_are_confirmed_on_every_version(python: str, ask_both: Ask) -> None:
    with running("kernel_waits", python=python) as target:
        target.read()
        tell(target, "hold")
        with ask_both(target) as session:
            tell(target, "crowd 3")
            view = until(session, lambda view: len(kernel_of(view).confirmed) == 3, "three waits")
            snapshot, kernel = view.snapshot, kernel_of(view)
            [gate] = {wait.lock for wait in snapshot.waits if wait.id in kernel.confirmed}
            assert snapshot.locks[gate].name.endswith("gate")
            seen = [wait.thread for wait in kernel.waits if wait.lock == gate]
            assert names(snapshot, seen) == ["crowd-0", "crowd-1", "crowd-2"]
            assert not kernel.disagreements
            tell(target, "free")
            view = until(
                session, lambda view: (f := kernel_of(view).futex(gate)) and f.waits == 3, "totals"
            )
            assert {edge.lock for edge in kernel_of(view).wakeups} >= {gate}


def test_every_kind_of_lock_is_confirmed_on_every_version(python: str, ask_both: Ask) -> None:
    with running("kinds_waited_for", python=python) as target, ask_both(target) as session:
        kinds = int(target.read())

        def confirmed(view: View) -> bool:
            waits = {w.id: w for w in view.snapshot.waits if w.id in kernel_of(view).confirmed}
            threads = {view.snapshot.actors[wait.actor].name for wait in waits.values()}
            return {f"waiter-{number}" for number in range(kinds)} <= threads

        view = until(session, confirmed, "all waits confirmed")
        assert not kernel_of(view).disagreements


def test_a_wait_for_a_condition_is_confirmed_by_its_waiter_s_lock(ask_both: Ask) -> None:
    with running("leaked_read_lock", LOCKTRACE_CORE="c") as target:
        target.expect("leaked")
        with ask_both(target) as session:
            target.tell("reload")
            target.expect("reloading")
            view = until(
                session,
                lambda view: (
                    any(w.address for w in view.snapshot.waits)
                    and len(kernel_of(view).confirmed) == len(view.snapshot.waits)
                ),
                "the waits for the table and its condition",
            )
            told = {view.snapshot.locks[w.lock].kind: w.address for w in view.snapshot.waits}
            assert told["Condition"]
            assert told["RWMutex"] == 0


def test_without_an_agent_a_wait_is_seen_with_its_python_stack(
    python: str, ask_kernel: Ask
) -> None:
    with waiting(python) as target, ask_kernel(target) as session:
        view = until(
            session,
            lambda view: any(w.stack for w in view.snapshot.waits) or kernel_of(view).notes,
            "a stack",
        )
        snapshot = view.snapshot
        assert snapshot.gaps == frozenset(Gap)
        [wait] = [w for w in snapshot.waits if snapshot.actors[w.actor].name == "crowd-0"]
        assert wait.found
        if kernel_of(view).notes:
            pytest.skip(f"the wait is seen, its stack is not: {kernel_of(view).notes[0]}")
        assert wait.stack[0].function == "wait_for_gate"
        assert snapshot.locks[wait.lock].kind == FutexKind.LOCK
        assert "kernel_waits.py" in snapshot.locks[wait.lock].name


def test_a_lock_that_is_never_waited_for_long_has_its_place_too(ask_kernel: Ask) -> None:
    with running("kernel_waits", trace=False) as target:
        target.read()
        tell(target, "share 4")
        with ask_kernel(target) as session:
            until(
                session,
                lambda view: any(
                    futex.kind is FutexKind.LOCK
                    and "kernel_waits.py" in view.snapshot.locks[futex.lock].name
                    for futex in kernel_of(view).futexes
                ),
                "the place where the gate is waited for",
            )


def test_a_lock_that_nobody_lets_go_is_a_stall_without_a_holder(ask_kernel: Ask) -> None:
    with waiting() as target, ask_kernel(target) as session:
        view = until(session, lambda view: bool(view.findings), "the stall")
        assert [finding.kind for finding in view.findings] == ["stall"]
        assert "the kernel knows no holders" in view.findings[0].message


def test_a_native_mutex_has_library_symbol_and_the_python_above(ask_kernel: Ask) -> None:
    with running("kernel_waits", trace=False) as target:
        mutex = int(target.read().split()[1])
        with ask_kernel(target) as session:
            tell(target, "native")
            view = until(
                session,
                lambda view: any(f.kind is FutexKind.NATIVE for f in kernel_of(view).futexes),
                "the native mutex",
            )
        [futex] = [f for f in kernel_of(view).futexes if f.kind is FutexKind.NATIVE]
        assert futex.address == mutex
        assert futex.library.startswith("libffi") or "ctypes" in futex.library
        assert futex.symbol
        [wait] = [wait for wait in view.snapshot.waits if wait.lock == futex.lock]
        assert wait.stack[0].function == "wait_in_c"


def test_threads_that_want_the_gil_and_who_has_it(python: str, ask_kernel: Ask) -> None:
    spinners = {"spin-0", "spin-1", "spin-2"}

    def is_told(view: View) -> bool:
        gil, note = kernel_of(view).gil, " ".join(kernel_of(view).notes)
        wanting = names(view.snapshot, [actor for actor, _ in gil.waiting])
        unknown = "does not recognise" in note  # py-spy has the names and the holder
        return len(wanting) >= 3 if unknown else bool(spinners <= set(wanting) and gil.held)

    with running("kernel_waits", python=python, trace=False) as target:
        target.read()
        tell(target, "spin 3")
        with ask_kernel(target) as session:
            view = until(session, is_told, "the GIL's use")
        gil, snapshot = kernel_of(view).gil, view.snapshot
        assert set(names(snapshot, [actor for actor, _ in gil.held])) <= spinners | {"MainThread"}
        assert all(0 < share <= 1 for _, share in gil.waiting)


def test_who_lets_a_waiter_go_is_told(ask_kernel: Ask) -> None:
    with running("kernel_waits", trace=False) as target:
        target.read()
        with ask_kernel(target) as session:
            tell(target, "pass 2")
            view = until(session, lambda view: bool(kernel_of(view).wakeups), "an edge")
        edges = {(edge.waker, edge.woken) for edge in kernel_of(view).wakeups}
        assert any(waker % (1 << 32) == target.pid for waker, _ in edges)


def test_hundreds_of_threads_are_seen(ask_kernel: Ask) -> None:
    with running("kernel_waits", trace=False) as target:
        target.read()
        tell(target, "hold")
        with ask_kernel(target) as session:
            tell(target, "crowd 300")
            view = until(session, lambda view: len(view.snapshot.waits) == 300, "300 waits")
            tell(target, "free")
            until(session, lambda view: len(kernel_of(view).threads) >= 250, "their totals")
            assert not kernel_of(view).lost


def test_two_processes_are_watched_at_once_each_by_its_own(ask_kernel: Ask) -> None:
    with (
        waiting() as one,
        waiting() as other,
        ask_kernel(one) as first,
        ask_kernel(other) as second,
    ):
        for target, session in ((one, first), (other, second)):
            view = until(session, lambda view: bool(view.snapshot.waits), "the wait")
            [wait] = view.snapshot.waits
            task = Path(f"/proc/{target.pid}/task/{wait.actor % (1 << 32)}")
            assert task.is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a pid namespace")
def test_in_a_pid_namespace_threads_have_the_ids_that_they_know(ask_kernel: Ask) -> None:
    with running("in_namespace", "kernel_waits", trace=False) as outer:
        outer.read()
        child = psutil.Process(outer.pid).children(recursive=True)[-1]
        outer.pid = child.pid
        tell(outer, "hold")
        with ask_kernel(outer) as session:
            tell(outer, "crowd 1")
            view = until(session, lambda view: bool(view.snapshot.waits), "the wait")
        [wait] = view.snapshot.waits
        actor = view.snapshot.actors[wait.actor]
        ours = {thread.id for thread in child.threads()}
        assert actor.native_id is not None
        assert actor.native_id not in ours
        assert actor.native_id < 10
        assert any("pid namespace" in note for note in kernel_of(view).notes)


# -- the end


def programs_of(pid: int) -> set[int]:
    """The ids of the BPF programs that a process has loaded."""
    found = set()
    for info in Path(f"/proc/{pid}/fdinfo").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            match = re.search(r"^prog_id:\s*(\d+)", info.read_text(), re.MULTILINE)
            if match:
                found.add(int(match.group(1)))
    return found


def engine_of(pid: int) -> psutil.Process:
    """The bpftrace that a process has started."""
    [engine] = [child for child in psutil.Process(pid).children() if child.name() == "bpftrace"]
    return engine


def is_loaded(program: int) -> bool:
    """Whether the kernel has a BPF program of that id."""
    attributes = (ctypes.c_uint32 * 32)(program)
    libc = ctypes.CDLL(None, use_errno=True)
    number = SYS_BPF[os.uname().machine]
    fd = libc.syscall(number, BPF_PROG_GET_FD_BY_ID, ctypes.byref(attributes), 128)
    if fd < 0:
        return False
    os.close(fd)
    return True


def nothing_is_left(engine: int, programs: set[int]) -> bool:
    return not psutil.pid_exists(engine) and not any(map(is_loaded, programs))


def test_closing_takes_every_probe_out(kernel: None) -> None:
    with waiting() as target:
        source = KernelSource(target.pid)
        programs = programs_of(source.tracer.engine_pid)
        assert len(programs) >= 8
        assert all(map(is_loaded, programs))
        source.close()
        eventually(lambda: nothing_is_left(source.tracer.engine_pid, programs), GIVEN_BACK)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_locktrace_ends_its_probes_go_with_it(kernel: None, end: signal.Signals) -> None:
    with waiting() as target:
        watching = subprocess.Popen(
            [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--source", "kernel"],
            env=environment(trace=False),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert watching.stdout is not None
        watching.stdout.readline()
        engine = engine_of(watching.pid)
        programs = programs_of(engine.pid)
        assert programs
        watching.send_signal(end)
        watching.communicate()
        eventually(lambda: nothing_is_left(engine.pid, programs), GIVEN_BACK)
    assert watching.returncode in {130, -end}


def test_the_end_of_the_target_ends_the_session_and_the_probes(ask_kernel: Ask) -> None:
    with waiting() as target, ask_kernel(target) as session:
        target.process.kill()
        target.process.wait()
        view = until(session, lambda view: view.ended is not None, "the end")
        assert view.ended == f"process {target.pid} has ended"


def test_a_dead_engine_ends_the_kernel_s_view_and_leaves_the_agent_s(ask_both: Ask) -> None:
    with running("kernel_waits") as target:
        target.read()
        with ask_both(target) as session:
            engine_of(os.getpid()).kill()
            view = until(session, lambda view: bool(kernel_of(view).notes), "the note")
            assert "bpftrace, by which the kernel is asked, has ended" in kernel_of(view).notes[-1]
            assert view.ended is None
