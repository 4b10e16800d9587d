"""The load generator as a process of its own, which ends with the server."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from locktrace_demo.instrumentation import UNTRACED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from locktrace_demo.server import Server

_PATIENCE = 2.0


@contextmanager
def load_on(server: Server, qps: float) -> Iterator[None]:
    """Queries at `qps` per second for as long as the context lasts; none for 0."""
    if not qps:
        yield
        return
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "locktrace_demo.load"),
            *("--host", server.host, "--port", str(server.port)),
            *("--qps", str(qps), "--zone", server.zones[0], "--parent", str(os.getpid())),
        ],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        _end(process)


def _environment() -> dict[str, str]:
    # However this package was found here, the child is to find the same one.
    source_root = str(Path(__file__).parent.parent)
    paths = [source_root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | UNTRACED


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
