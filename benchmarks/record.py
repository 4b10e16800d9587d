"""Numbers kept: BENCHMARK_JSON names a file for them; they lie in `results/`."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import locktrace


def keep(about: dict[str, object], **numbers: object) -> None:
    """Write the numbers and what they were measured on, if a file is named."""
    place = os.environ.get("BENCHMARK_JSON")
    if place is None:
        return
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "linux": platform.release()}
    document = {"about": {**machine, "locktrace": locktrace.__version__, **about}, **numbers}
    Path(place).write_text(json.dumps(document, indent=1) + "\n")
