"""Makes a recording of what the bpftrace on PATH prints: a test of its own runs on each.

`python -m tests.observe.kernel.record FILE PYTHON`, as root: `PYTHON` runs the second of the two
processes, and should be one whose locks park (3.14 or newer).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import ClassVar

from locktrace.observe.kernel.engine import Engine
from locktrace.observe.kernel.interpreter import Interpreter
from locktrace.observe.kernel.tracer import Tracer
from tests.support import Target, running


class Recorded(Engine):
    """Keeps the lines that it gives."""

    kept: ClassVar[list[bytes]] = []

    def lines(self, timeout: float) -> list[bytes]:
        found = super().lines(timeout)
        self.kept.extend(found)
        return found


def tell(target: Target, line: str) -> None:
    target.tell(line)
    target.expect(line.partition(" ")[0])


def listen(tracer: Tracer, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        tracer.pump(0.1)


def record(other_python: str) -> list[bytes]:
    """Two processes: one uses its GIL, passes a lock on and has it waited for, one is killed."""
    with (
        running("kernel_waits", trace=False) as one,
        running("kernel_waits", trace=False, python=other_python) as other,
    ):
        for target in (one, other):
            target.read()
        tell(other, "hold")
        tell(other, "crowd 1")
        tracer = Tracer(start=Recorded)
        interpreters = [Interpreter(target.pid) for target in (one, other)]
        followed = [
            tracer.follow(target.pid, it.gil, it.parks)
            for target, it in zip((one, other), interpreters, strict=True)
        ]
        listen(tracer, 0.7)
        tell(one, "spin 2")
        listen(tracer, 1.0)
        tell(one, "pass 0.2")
        listen(tracer, 1.0)
        tell(other, "crowd 1")
        for line in ("hold", "crowd 3"):
            tell(one, line)
        listen(tracer, 2.0)
        other.process.kill()
        listen(tracer, 0.7)
        for following in followed:
            tracer.leave(following)
        return Recorded.kept


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(b"\n".join(record(sys.argv[2])) + b"\n")
