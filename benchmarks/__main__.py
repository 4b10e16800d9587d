"""`python -m benchmarks [NAME]…`: all tables, or the named ones; `TABLES` has their names."""

from __future__ import annotations

import os
import platform
import sys

from benchmarks import attach, family, kernel, locks, queries, stall

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
    names = sys.argv[1:] or list(TABLES)
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        sys.exit(f"benchmarks: there is no table {unknown[0]}; there are {', '.join(TABLES)}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}")
    for name in names:
        print()
        for line in TABLES[name]():
            print(line, flush=True)


main()
