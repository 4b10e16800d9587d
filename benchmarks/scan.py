"""Lines per second of `locktrace scan` on the installed standard library, beside ruff and pylint.

    python -m benchmarks.scan [--rounds 3] [--pylint PATH]

All in one run, interleaved, the files warm in the page cache. ruff runs the rules that it has
of this kind (SIM115, which is pylint's R1732 for files). pylint runs R1732 alone, on the packages
named in `PYLINT_ON`: it would need a quarter of an hour for everything.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from locktrace.scan.source import python_files

STDLIB = Path(sysconfig.get_paths()["stdlib"])
PYLINT_ON = ("asyncio", "concurrent", "logging", "multiprocessing", "threading.py", "queue.py")


@dataclass
class Contender:
    """A command, the lines that it reads, and the seconds of each of its runs."""

    name: str
    command: list[str]
    lines: int
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Once; exit codes are about findings and do not matter here."""
        before = os.times()
        started = time.perf_counter()
        subprocess.run(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        self.seconds.append(time.perf_counter() - started)
        after = os.times()
        used = after.children_user + after.children_system
        self.cpu.append(used - before.children_user - before.children_system)

    def row(self) -> str:
        wall, cpu = median(self.seconds), median(self.cpu)
        rate = f"{self.lines / wall:>12,.0f}"
        return f"{self.name:<34}{self.lines:>9,}{wall:>9.2f}{cpu:>9.2f}{rate}"


def count_lines(paths: list[Path]) -> int:
    """Lines of the Python files under `paths`; reading them also warms the cache."""
    return sum(path.read_bytes().count(b"\n") for path in python_files(paths))


def contenders(pylint: str | None) -> list[Contender]:
    """Who runs: what is not installed is left out, and said so."""
    everything = count_lines([STDLIB])
    found = [
        Contender(
            f"locktrace scan, {jobs} process{'es' if jobs > 1 else ''}",
            [sys.executable, "-m", "locktrace", "scan", str(STDLIB), "--jobs", str(jobs)],
            everything,
        )
        for jobs in (2, 1)
    ]
    ruff = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
    if ruff:
        rule = ["check", "--no-cache", "--isolated", "--select", "SIM115"]
        rule += ["--exclude", "site-packages"]
        found.append(Contender("ruff SIM115, all cores", [ruff, *rule, str(STDLIB)], everything))
    else:
        print("ruff is not installed and left out")
    if pylint:
        some = [STDLIB / name for name in PYLINT_ON]
        rule = ["--disable=all", "--enable=R1732", "-j2", "--score=n"]
        command = [pylint, *rule, *map(str, some)]
        found.append(Contender("pylint R1732, 2 processes (part)", command, count_lines(some)))
    else:
        print("pylint is not installed and left out")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pylint", default=shutil.which("pylint"))
    options = parser.parse_args()
    running = contenders(options.pylint)
    for _ in range(options.rounds):
        for contender in running:
            contender.run()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(
        f"CPython {platform.python_version()}, {os.cpu_count()} cores, load {load}; {STDLIB.name}"
    )
    print(f"{'':<34}{'lines':>9}{'wall s':>9}{'CPU s':>9}{'lines/s':>12}")
    for contender in running:
        print(contender.row())


if __name__ == "__main__":
    main()
