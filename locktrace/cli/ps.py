"""`locktrace ps`: the Python processes there are, traced or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from locktrace.launch.processes import PythonProcess

EXAMPLES = "Example: locktrace ps"


def ps() -> None:
    """List Python processes: pid, traced or not, version, core, command line."""
    from locktrace.launch import leftovers
    from locktrace.launch.processes import python_processes
    from locktrace.wording import plain

    typer.echo(f"{'PID':>8}  {'TRACED':<8}{'PYTHON':<10}{'CORE':<8}{'USER':<12}COMMAND")
    for process in python_processes():
        traced, python, core = _agent(process) if process.socket else ("no", process.version, "")
        user = process.user[:11]
        command = plain(" ".join(process.command))
        typer.echo(f"{process.pid:>8}  {traced:<8}{python:<10}{core:<8}{user:<12}{command}")
    leftovers.clear()


def _agent(process: PythonProcess) -> tuple[str, str, str]:
    """What the agent says of itself; `silent` if it is there and does not answer."""
    from locktrace.errors import LocktraceError, NotTracedError
    from locktrace.launch.processes import connect
    from locktrace.observe.agent_source import AgentSource

    try:
        source = AgentSource(connect(process.pid), process.pid, patience=1.0)
    except NotTracedError:
        return ("no", process.version, "")
    except LocktraceError:
        return ("silent", process.version, "")
    source.close()
    return ("yes", source.process.python, source.process.core)
