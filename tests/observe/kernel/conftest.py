"""The kernel itself where it may be asked, and recordings of what it said elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from locktrace.errors import LocktraceError
from locktrace.observe.kernel import preflight
from locktrace.observe.kernel.source import BothSource, KernelSource
from locktrace.observe.kernel.states import BothState, KernelState
from locktrace.session import Session
from tests.support import PATIENCE_S, Target

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.jsonl"))

Ask = Callable[[Target], AbstractContextManager[Session]]


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def recorded(request: pytest.FixtureRequest) -> list[bytes]:
    """What one version of bpftrace printed, line by line."""
    path: Path = request.param
    return path.read_bytes().splitlines()


@pytest.fixture(scope="session")
def kernel() -> None:
    """Skips where the kernel may not be asked, and says why."""
    try:
        preflight.check()
    except LocktraceError as error:
        pytest.skip(str(error))


@contextmanager
def _settled(session: Session) -> Iterator[Session]:
    try:
        session.settle(PATIENCE_S)
        yield session
    finally:
        session.close()


@pytest.fixture
def ask_kernel(kernel: None) -> Ask:
    """A session on a target that nobody but the kernel is asked about."""

    def ask(target: Target) -> AbstractContextManager[Session]:
        source = KernelSource(target.pid)
        return _settled(Session(source, state=KernelState(source.process, source.witness)))

    return ask


@pytest.fixture
def ask_both(kernel: None) -> Ask:
    """A session on a traced target, the kernel beside its agent."""

    def ask(target: Target) -> AbstractContextManager[Session]:
        agent = target.source()
        source = BothSource(agent, KernelSource(target.pid))
        state = BothState(source.process, source.witness, source.ask)
        return _settled(Session(source, state=state))

    return ask
