"""`locktrace stalls`: the saved stall snapshots."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    help="The saved stall snapshots: list (default), show ID, path.",
    epilog="Examples: locktrace stalls · locktrace stalls show 20261123-150301-4242",
    rich_markup_mode=None,
    invoke_without_command=True,
)


@app.callback()
def stalls(context: typer.Context) -> None:
    """The saved stall snapshots; without a word, lists them."""
    if context.invoked_subcommand is None:
        list_()


@app.command("list", epilog="Example: locktrace stalls list")
def list_() -> None:
    """List them, newest last: id, pid, time, headline."""
    import time

    from locktrace.snapshots.store import StallStore

    entries = StallStore().list()
    if not entries:
        typer.echo("no stall snapshots are saved")
    for entry in entries:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.taken_at))
        typer.echo(f"{entry.id}  pid {entry.pid}  {when}  {entry.headline}")


@app.command("show", epilog="Example: locktrace stalls show 20261123-150301-4242")
def show(id: Annotated[str, typer.Argument(help="As `locktrace stalls list` prints it.")]) -> None:
    """Print one as text."""
    from locktrace.snapshots.report import render
    from locktrace.snapshots.store import StallStore

    typer.echo(render(StallStore().load(id)), nl=False)


@app.command("path", epilog="Example: ls $(locktrace stalls path)")
def path() -> None:
    """Print the folder they are in."""
    from locktrace.snapshots.store import StallStore

    typer.echo(StallStore().folder)
