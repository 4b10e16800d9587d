"""`locktrace detach PID`: the agent goes, and everything is as it was."""

from __future__ import annotations

from typing import Annotated

import typer

EXAMPLES = "Example: locktrace detach 4242"


def detach(
    pid: Annotated[int, typer.Argument(metavar="PID", help="Process to take the agent out of.")],
) -> None:
    """Take the agent out of a process again; attaching once more works."""
    from locktrace.observe.detach import detach as take_out

    take_out(pid)
    typer.echo(f"process {pid} is no longer traced")
