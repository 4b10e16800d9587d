"""`locktrace dump PID`: a snapshot now, with findings and stacks."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from locktrace.cli.limits import Limits, thresholds
from locktrace.cli.observing import (
    By,
    Children,
    Detach,
    SourceOption,
)
from locktrace.cli.sources import Witness
from locktrace.launch.inject.method import Method

if TYPE_CHECKING:
    from locktrace.diagnose import Thresholds
    from locktrace.model import StallSnapshot
    from locktrace.view import Feed, View

EXAMPLES = (
    "Examples: locktrace dump 4242 · locktrace dump 4242 --children · "
    "locktrace dump 4242 --format json -o hang.json"
)
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
    children: Children = False,
) -> None:
    """Print who holds what, who waits, the findings and every thread's stack, now."""
    from locktrace.cli.observing import descendants_of, end_in_order, leave

    if detach:
        end_in_order()
    patience = thresholds(limits)
    try:
        if children:
            stall = _of_family(pid, patience, method, source)
        else:
            stall = _of_process(pid, patience, method, source)
    finally:
        if detach:
            for each in [pid, *descendants_of(pid, children)]:
                leave(each)
    text = _render(stall, format)
    if output is None:
        typer.echo(text, nl=False)
        return
    from locktrace.cli.files import write

    write(output, text)


def _of_process(pid: int, patience: Thresholds, method: Method, source: Witness) -> StallSnapshot:
    from locktrace.cli.observing import SETTLE_S, observe

    session = observe(pid, thresholds=patience, keep=False, method=method, source=source)
    try:
        session.settle(SETTLE_S)
        return session.take(_look_again(session, _look_s(source)))
    finally:
        session.close()


def _of_family(pid: int, patience: Thresholds, method: Method, source: Witness) -> StallSnapshot:
    from locktrace.cli.observing import SETTLE_S, observe_family

    feed = observe_family(pid, thresholds=patience, method=method, keep=False, source=source)
    try:
        feed.settle(SETTLE_S)
        return feed.take(_look_again(feed, _look_s(source)))
    finally:
        feed.close()


def _look_s(source: Witness) -> float:
    return LOOK_S if source is Witness.AGENT else KERNEL_LOOK_S


def _look_again(feed: Feed, seconds: float) -> View:
    began = time.monotonic()
    view = feed.poll(0.1)
    while time.monotonic() < began + _patience(view, seconds) and view.ended is None:
        view = feed.poll(0.1)
    return view


def _patience(view: View, seconds: float) -> float:
    """How long to look in all: nothing is told before it has been seen for a while."""
    from locktrace.session import is_stall
    from locktrace.snapshots import kinds

    snapshot = view.snapshot
    if any(map(is_stall, (*view.findings, *view.suppressed))):
        return seconds
    if not snapshot.waits and (view.findings or view.suppressed):
        return seconds
    if not snapshot.waits:
        return max(seconds, NOTHING_S)
    found = any(
        wait.found and not wait.timed and not (kinds.is_signal(lock) or kinds.is_answer(lock))
        for wait in snapshot.waits
        if (lock := snapshot.locks.get(wait.lock)) is not None
    )
    return max(seconds, FOUND_S if found else WAITED_S)


def _render(stall: StallSnapshot, format: Format) -> str:
    if format is Format.JSON:
        import json

        from locktrace.snapshots.document import to_document

        return json.dumps(to_document(stall), indent=2) + "\n"
    from locktrace.snapshots.report import render

    return render(stall)
