"""`multiprocessing.Process.join`: a process is a lock that nobody here holds.

It becomes one when somebody first waits for it. Who holds it is the process itself: an observer
of both joins them, by the pid that the lock's identity names.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Any

from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.table import EntryTable
from locktrace.agent.recorder import Entry
from locktrace.agent.stacks import caller

KIND = "multiprocessing.Process"
MAX_PIDS = 4096  # of the latest processes that were waited for

_pids: OrderedDict[int, int] = OrderedDict()


def identity_of_process(lock: int) -> str:
    """What tells the process that lock `lock` stands for from all others; or empty."""
    pid = _pids.get(lock)
    return f"process {pid}" if pid is not None else ""


def patch(patches: Patches, module: Any) -> None:
    """Trace the joins of every process, `module` being `multiprocessing.process`."""
    patches.wrap(module.BaseProcess, "join", _traced_join)


def _traced_join(original: Any) -> Any:
    def join(self: Any, timeout: float | None = None) -> Any:
        entry = _processes.of(self) if tap.recorder is not OFF and _blocks(self, timeout) else None
        if entry is None:
            return original(self, timeout)
        timed = timeout is not None
        return tap.block(entry, False, timed, caller(), None, original, self, timeout)

    return join


def _blocks(process: Any, timeout: float | None) -> bool:
    """Whether to join it is more than to ask; the original has its word on wrong calls."""
    running = getattr(process, "_popen", None)
    return (
        getattr(running, "returncode", 0) is None
        and getattr(process, "_parent_pid", None) == os.getpid()
        and (timeout is None or timeout > 0)
    )


def _made(process: Any) -> Entry | None:
    try:
        recorder = tap.recorder
        entry = recorder.create(KIND, None, True)
        if entry is not None:
            pid = int(process._popen.pid)
            recorder.call(entry, f"process {process.name} ({pid})")
            _pids[recorder.id_of(entry)] = pid
            while len(_pids) > MAX_PIDS:
                _pids.popitem(last=False)
        return entry
    except BaseException as error:
        if not tap.swallow(error):
            raise
        return None


class _Processes(EntryTable):
    """Entries that know their process's name and pid, be it met in a join or found in one."""

    def of(self, lock: object) -> Entry | None:
        known = self.known(lock)
        return known if known is not None else self.add(lock, _made(lock))


_processes = _Processes(KIND)
