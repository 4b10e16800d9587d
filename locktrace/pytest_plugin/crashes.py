"""xdist: what a worker said of a test before it ended, for the report of its crash.

A worker that is ended by a time-out (pytest-timeout's thread method) cannot send its report
any more. It leaves it in a folder of the controller's, which tells of the crash.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from locktrace.pytest_plugin.suppressed import Sum

_FOLDER = "locktrace_last_words"
_MOST_BYTES = 1 << 20


class Crashes:
    """The controller's hooks."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="locktrace-"))
        self._sum = Sum()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[_FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, report: Any) -> None:
        path = self._folder / report.node.workerinput["workerid"]
        with contextlib.suppress(OSError):
            text = path.read_bytes()[:_MOST_BYTES].decode("utf-8", "replace")
            path.unlink()
            report.longrepr = f"{report.longrepr}\n\n{text}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self._sum.add(Sum.handed_over(getattr(node, "workeroutput", {})))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        self._sum.tell(terminalreporter)

    def pytest_unconfigure(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def keep(config: pytest.Config, text: str) -> None:
    """In a worker: leave `text` for the report of the test, should the worker end with it."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    if _FOLDER in given:
        with contextlib.suppress(OSError):
            Path(given[_FOLDER], given["workerid"]).write_text(text, encoding="utf-8")
