"""Child Pythons to measure in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from locktrace.launch.environment import traced

ROOT = Path(__file__).parent.parent


def environment(*, trace: bool) -> dict[str, str]:
    """The environment for a child, with the agent switched on or not."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LOCKTRACE")}
    roots = [ROOT, ROOT / "tui", ROOT / "demo_server"]
    environ["PYTHONPATH"] = os.pathsep.join(map(str, roots))
    return traced(environ) if trace else environ


def measure(module: str, *, trace: bool) -> dict[str, Any]:
    """What `python -m module` prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        env=environment(trace=trace),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
