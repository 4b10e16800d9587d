"""The environment of the children that are measured."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from locktrace.launch.environment import traced

ROOT = Path(__file__).parent.parent


def environment(core: str | None) -> dict[str, str]:
    """For a child that runs bare (None) or traced by a core, `c` or `py`."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LOCKTRACE")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would compile everything anew
    roots = [ROOT, ROOT / "tui", ROOT / "demo_server"]
    environ["PYTHONPATH"] = os.pathsep.join(map(str, roots))
    return environ if core is None else traced(environ) | {"LOCKTRACE_CORE": core}


def prefer(pid: int) -> None:
    """Let nothing else on a busy machine come between it and the CPU, where we may set that.

    For what mostly sleeps: threads that are made later inherit it.
    """
    with contextlib.suppress(PermissionError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_RR, os.sched_param(1))
