"""Who waits for which process: `multiprocessing.Process.join`."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support import observed, running, until


@pytest.mark.parametrize("core", ["c", "py"])
def test_a_join_is_a_wait_for_the_process_with_its_name_and_pid(core: str) -> None:
    with running("process_joined", LOCKTRACE_CORE=core) as target:
        pid = int(target.read())
        try:
            with observed(target) as session:
                view = until(session, lambda view: bool(view.snapshot.waits), "the join")
                [wait] = view.snapshot.waits
                lock = view.snapshot.locks[wait.lock]
                assert (lock.kind, lock.name) == (
                    "multiprocessing.Process",
                    f"process sleeper ({pid})",
                )
                assert lock.os_id == f"process {pid}"
                assert wait.site is not None
                assert (wait.site.function, wait.timed) == ("main", False)
                os.kill(pid, signal.SIGTERM)
                until(session, lambda view: not view.snapshot.waits, "the end of the join")
        finally:
            target.expect("joined -15")
