"""`locktrace dump PID`: a snapshot now, with findings and stacks."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.cli.limits import Limits, thresholds
from locktrace.cli.observing import By, Detach, SourceOption, Witness
from locktrace.launch.inject.method import Method
from locktrace.model import SIGNAL_KINDS

if TYPE_CHECKING:
    from locktrace.session import Session, View

EXAMPLES = "Examples: locktrace dump 4242 · locktrace dump 4242 --format json -o hang.json"
KERNEL_LOOK_S = 2.5  # what the kernel counts is told every half second, or two
LOOK_S = 0.6  # a finding is told after a second look
NOTHING_S = 1.1  # before there is nothing to tell: the agent looks for leaks every 0.25 s
WAITED_S = 1.8  # where somebody waits
FOUND_S = 3.7  # an agent that has just come knows of no longer wait: time for a stall to be one


class Format(StrEnum):
    """How a snapshot is written."""

    TEXT = "text"
    JSON = "json"


def dump(
    pid: Annotated[int, typer.Argument(metavar="PID", help="Process to look into.")],
    format: Annotated[Format, typer.Option(help="How to write it.")] = Format.TEXT,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; else standard output.")
    ] = None,
    limits: Limits = None,
    method: By = Method.AUTO,
    detach: Detach = False,
    source: SourceOption = Witness.AGENT,
) -> None:
    """Print who holds what, who waits, the findings and every thread's stack, now."""
    from locktrace.cli.observing import SETTLE_S, leave, observe

    patience = thresholds(limits)
    session = observe(pid, thresholds=patience, keep=False, method=method, source=source)
    seconds = LOOK_S if source is Witness.AGENT else KERNEL_LOOK_S
    try:
        session.settle(SETTLE_S)
        text = _render(session, _look_again(session, seconds), format)
    finally:
        session.close()
        if detach:
            leave(pid)
    if output is None:
        typer.echo(text, nl=False)
        return
    from locktrace.cli.files import write

    write(output, text)


def _look_again(session: Session, seconds: float) -> View:
    began = time.monotonic()
    view = session.poll(0.1)
    while time.monotonic() < began + _patience(view, seconds) and view.ended is None:
        view = session.poll(0.1)
    return view


def _patience(view: View, seconds: float) -> float:
    snapshot = view.snapshot
    if view.findings:
        return seconds
    if not snapshot.waits:
        return max(seconds, NOTHING_S)
    found = any(
        wait.found and not wait.timed and snapshot.locks[wait.lock].kind not in SIGNAL_KINDS
        for wait in snapshot.waits
        if wait.lock in snapshot.locks
    )
    return max(seconds, FOUND_S if found else WAITED_S)


def _render(session: Session, view: View, format: Format) -> str:
    stall = session.take(view)
    if format is Format.JSON:
        import json

        from locktrace.snapshots.document import to_document

        return json.dumps(to_document(stall), indent=2) + "\n"
    from locktrace.snapshots.report import render

    return render(stall)
