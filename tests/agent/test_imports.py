"""Modules that come later are patched when they come, and the import is as it would have been."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support import PATIENCE_S, environment

pytestmark = pytest.mark.usefixtures("core")

LATER = """
import sys
import locktrace
finders = list(sys.meta_path)
locktrace.install()
assert not {"asyncio", "concurrent.futures", "queue"} & set(sys.modules)
import asyncio, inspect, queue
from concurrent.futures import Future, ThreadPoolExecutor
assert inspect.iscoroutinefunction(asyncio.Lock.acquire)
assert hasattr(asyncio.Lock.acquire, "__wrapped__") and hasattr(Future.__init__, "__wrapped__")
assert hasattr(ThreadPoolExecutor.submit, "__wrapped__")
for module in (asyncio, queue):
    loader = module.__spec__.loader
    assert type(loader).__name__ == "SourceFileLoader", loader
    assert module.__loader__ is loader and set(vars(loader)) == {"name", "path"}, vars(loader)
locktrace.uninstall()
assert sys.meta_path == finders
assert not hasattr(asyncio.Lock.acquire, "__wrapped__")
print("clean")
"""

EVERYTHING_BACK = """
import sys, asyncio, logging, queue, threading
import concurrent.futures.thread as threads, concurrent.futures.process as processes
from concurrent.futures import _base
bootstrap = sys.modules["_frozen_importlib"]
asyncio.run(asyncio.sleep(0))  # asyncio keeps what it needs for the first time
owners = [asyncio, asyncio.events, asyncio.Lock, asyncio.Semaphore, asyncio.Condition,
          asyncio.Event, asyncio.Queue, asyncio.Barrier, logging.Handler, queue, queue.Queue,
          threading.Thread, threading.Barrier, threading.Condition, threading.Event,
          threading.Semaphore, threading.BoundedSemaphore, _base.Future, threads._WorkItem,
          threads.ThreadPoolExecutor, processes.ProcessPoolExecutor, bootstrap._ModuleLock]
before = [dict(vars(owner)) for owner in owners]
import locktrace
async def use(lock):
    async with lock:
        pass
for _ in range(2):
    locktrace.install()
    lock, changed = asyncio.Lock(), asyncio.Condition()
    pool = threads.ThreadPoolExecutor(1)
    assert pool.submit(int, "1").result() == 1
    asyncio.run(use(lock))
    locktrace.uninstall()
    assert [dict(vars(owner)) for owner in owners] == before
    asyncio.run(use(changed))
    assert pool.submit(int, "2").result() == 2
    pool.shutdown()
    simple = queue.SimpleQueue()
    simple.put(3)
    assert simple.get(timeout=1) == 3
print("clean")
"""

FAILING = """
import sys, traceback
sys.path.insert(0, {folder!r})
import locktrace
locktrace.install()
from locktrace.agent.switch import AGENT
AGENT._watch.when_imported("failing", print)
try:
    import failing
except ZeroDivisionError as error:
    names = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    assert names == ["<module>", "<module>"], names
print("clean")
"""


def said_by(script: str, python: str) -> str:
    done = subprocess.run(
        [python, "-c", script],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_module_that_comes_later_is_patched_and_keeps_spec_and_loader(python: str) -> None:
    assert said_by(LATER, python) == "clean\n"


def test_uninstalling_puts_every_family_back(python: str) -> None:
    assert said_by(EVERYTHING_BACK, python) == "clean\n"


def test_a_module_that_fails_has_no_frame_of_ours_in_its_traceback(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text("1 / 0\n")
    assert said_by(FAILING.format(folder=str(tmp_path)), python) == "clean\n"
