"""Many threads, and those that do not stop in time."""

from __future__ import annotations

from typing import Any

import pytest

from locktrace.errors import CannotEnterError
from locktrace.launch.inject import ptrace, tracee
from locktrace.launch.inject.permission import tracer_of
from locktrace.launch.reach import reach
from tests.support import attached, running


def test_500_threads_are_attached_to_and_all_go_on() -> None:
    with running("crowd", "500", trace=False) as target:
        target.expect("ready")
        for _ in range(2):
            with attached(target.pid) as source:
                assert source.process.core == "c"
        target.close_input()
        assert target.finish() == (0, "all ended\n", "")


def test_one_that_does_not_stop_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    request = ptrace.request

    def unheard(number: int, *arguments: Any) -> None:
        """As of a thread in an uninterruptible sleep."""
        if number != ptrace.INTERRUPT:
            request(number, *arguments)

    with running("crowd", "20", trace=False) as target:
        target.expect("ready")
        monkeypatch.setattr(ptrace, "request", unheard)
        monkeypatch.setattr(tracee, "STOP_S", 0.01)
        monkeypatch.setattr(tracee, "PLACE_S", 0.5)
        with pytest.raises(CannotEnterError, match="came to a place where it could be borrowed"):
            reach(target.pid)
        assert tracer_of(target.pid) == 0
        monkeypatch.undo()
        with attached(target.pid):
            pass
        target.close_input()
        assert target.finish() == (0, "all ended\n", "")


def test_one_that_stops_late_is_borrowed_at_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    await_stop, tries = tracee._await_stop, [0]

    def late(pid: int, tid: int, deadline: float) -> int:
        tries[0] += 1
        if tries[0] <= 3:
            raise TimeoutError
        return await_stop(pid, tid, deadline)

    with running("plain", trace=False) as target:
        target.expect("ready")
        monkeypatch.setattr(tracee, "_await_stop", late)
        with attached(target.pid):
            pass
        target.close_input()
        assert target.finish() == (0, "", "")
