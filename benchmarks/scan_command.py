"""`locktrace scan` by itself: what a person types, without the other commands' imports."""

from __future__ import annotations

import typer

from locktrace.cli.scan import scan


def main() -> None:
    """Scan the paths on the command line."""
    app = typer.Typer()
    app.command()(scan)
    app()
