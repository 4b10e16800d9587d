"""`python -m benchmarks [--keep] [NAME]…`: all tables, or the named ones; `TABLES` has their names.

`--keep` puts the numbers into `results/`, a file for each table and version of Python.
"""

from __future__ import annotations

import os
import platform
import sys

from benchmarks import attach, family, kernel, locks, queries, stall
from benchmarks.record import place_of

TABLES = {
    "locks": locks.table,
    "queries": queries.table,
    "stall": stall.table,
    "attach": attach.table,
    "family": family.table,
    "kernel": kernel.table,
}


def main() -> None:
    """Print the machine, then each table."""
    names = [name for name in sys.argv[1:] if name != "--keep"] or list(TABLES)
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        sys.exit(f"benchmarks: there is no table {unknown[0]}; there are {', '.join(TABLES)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    for name in names:
        print()
        if "--keep" in sys.argv:
            os.environ["BENCHMARK_JSON"] = str(place_of(name, locks.version()))
        for line in TABLES[name]():
            print(line, flush=True)


main()
