"""Numbers kept: BENCHMARK_JSON names a file for them; those of `make bench` lie in `results/`."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import locktrace

RESULTS = Path(__file__).parent / "results"


def place_of(table: str, version: str) -> Path:
    """Where the numbers of a table lie, for a version of Python."""
    return RESULTS / f"{table}-{version}.json"


def keep(about: dict[str, object], **numbers: object) -> None:
    """Write the numbers and what they were measured on, if a file is named."""
    place = os.environ.get("BENCHMARK_JSON")
    if place is None:
        return
    machine = {
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),  # of the last minute, ours included
        "linux": platform.release(),
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    document = {"about": {**machine, "locktrace": locktrace.__version__, **about}, **numbers}
    Path(place).write_text(json.dumps(document, indent=1) + "\n")


def _processor() -> str:
    """As the kernel names it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor()
