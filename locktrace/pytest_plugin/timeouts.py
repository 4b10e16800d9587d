"""Time-outs of others: pytest-timeout tells who blocks whom before it shows the stacks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from locktrace.pytest_plugin.crashes import keep
from locktrace.testing.hang import who_blocks_whom
from locktrace.testing.witness import Witness


class TimeOuts:
    """Stands before pytest-timeout's `dump_stacks`, which both of its methods call when a
    test's time is up: in a signal handler, or in a thread that ends the process next."""

    def __init__(
        self, config: pytest.Config, witness: Witness, hear: Callable[[str], None]
    ) -> None:
        self._config = config
        self._witness = witness
        self._hear = hear
        self._original: Any = getattr(sys.modules.get("pytest_timeout"), "dump_stacks", None)
        self._put(self._dump)

    def close(self) -> None:
        self._put(self._original)

    def _put(self, dump_stacks: Any) -> None:
        if self._original is not None:
            vars(sys.modules["pytest_timeout"])["dump_stacks"] = dump_stacks

    def _dump(self, terminal: Any, *rest: Any) -> None:
        text = who_blocks_whom(self._witness)
        if text and threading.current_thread() is threading.main_thread():
            self._hear(text)  # the signal method, which fails the test
        elif text:
            keep(self._config, text)
            terminal.sep("~", title="Who blocks whom")
            terminal.write(text)
        self._original(terminal, *rest)
