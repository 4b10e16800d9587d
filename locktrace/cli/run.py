"""`locktrace run`: a program, traced, with its own stdin, stdout, stderr, exit code and signals."""

from __future__ import annotations

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from locktrace.cli.limits import Limits, StallAfter, thresholds

if TYPE_CHECKING:
    from locktrace.cli.stderr import Stderr
    from locktrace.family.household import Household
    from locktrace.family.run_report import Told
    from locktrace.launch.gathering import Gathering
    from locktrace.launch.program import TracedProgram

EXAMPLES = (
    "Examples: locktrace run server.py --port 80 · "
    "locktrace run --report locks.json --fail-on long-hold -m pytest tests"
)
POLL_S = 0.1
FINDINGS_MADE = 70
UNREAD_S = 0.1  # for each thing that is said before a program is ended
OVERDUE = "locktrace: the program has said goodbye and does not end; where it is now:\n"
ENDING = "locktrace: the program has stalled; ending it (--on-stall exit)\n"


class OnStall(StrEnum):
    """What to do when the program stalls."""

    REPORT = "report"
    EXIT = "exit"


def run(
    program: Annotated[list[str], typer.Argument(help="SCRIPT or -m MODULE, then its arguments.")],
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON here.")] = None,
    on_stall: Annotated[
        OnStall, typer.Option(help="At a stall: report and go on, or report and end the program.")
    ] = OnStall.REPORT,
    stall_after: StallAfter = None,
    limits: Limits = None,
    contention: Annotated[
        bool, typer.Option("--contention", help="List the most contended locks at the end, too.")
    ] = False,
    fail_on: Annotated[
        str,
        typer.Option(
            metavar="KINDS", help="By comma: kinds that make the exit code 70 like errors do."
        ),
    ] = "",
) -> None:
    """Run a Python program traced, and its children; print the findings to stderr at its end.

    The exit code is the program's own, or 70 where findings of severity error, or of a
    --fail-on kind, were made in it or in one of its children, or a stall was ended.
    """
    from locktrace.cli.stderr import NOBODY_READS_S, Stderr
    from locktrace.family import run_report
    from locktrace.family.household import Household
    from locktrace.launch.program import TracedProgram, leave_as
    from locktrace.launch.rwlocks import configured
    from locktrace.suppression import Suppressions
    from locktrace.suppression import configured as suppressed

    _refuse_unknown_option(program)
    _refuse_command(program[0])
    kinds = _kinds(fail_on)
    patience = thresholds(limits, stall_after)
    if report is not None:
        _refuse_unwritable(report)
    suppressions = Suppressions(suppressed(Path.cwd()))
    stderr = Stderr()
    gathering = _gathering(stderr)
    traced = TracedProgram(
        program,
        run=gathering.path if gathering is not None else "",
        rwlocks=configured(Path.cwd()),
    )
    household = Household(traced, gathering, patience, suppressions)
    code, stalls = _until_end(traced, household, on_stall, stderr)
    patience_s = NOBODY_READS_S if household.was_ended else None
    stderr.say(run_report.render(household, contention, stalls), patience_s)
    document = run_report.document(household)
    if report is not None and document is not None:
        _write(report, document)
    leave_as(FINDINGS_MADE if household.was_ended or household.failed(kinds) else code)


def _until_end(
    program: TracedProgram, household: Household, on_stall: OnStall, stderr: Stderr
) -> tuple[int, Told]:
    """Observe until the program has ended, telling of each stall; its exit code, what was told."""
    from locktrace.family.run_report import told_by
    from locktrace.snapshots.report import render
    from locktrace.snapshots.take import take

    told: Told = set()
    told_overdue = False
    patience_s = UNREAD_S if on_stall is OnStall.EXIT else None
    while (code := program.poll()) is None:
        stalls = household.look(POLL_S)
        if household.is_overdue and not told_overdue and household.first is not None:
            told_overdue = True
            stderr.say(OVERDUE, patience_s)
            stalls.append(take(household.first.snapshot, household.first.findings))
        for stall in stalls:
            stderr.say(render(stall), patience_s)
            told |= told_by(stall)
        if stalls and on_stall is OnStall.EXIT:
            stderr.say(ENDING, patience_s)
            household.end()
    household.conclude()
    return code, told


def _gathering(stderr: Stderr) -> Gathering | None:
    """Where the program's children call; without a place for it they are traced, but not heard."""
    from locktrace.launch.gathering import Gathering

    try:
        return Gathering()
    except OSError as error:
        stderr.say(f"locktrace: the program's children will not be heard: {error}\n")
        return None


def _write(report: Path, document: dict[str, Any]) -> None:
    import json

    from locktrace.cli.files import write

    write(report, json.dumps(document, indent=2) + "\n")


def _refuse_unknown_option(program: list[str]) -> None:
    first = program[0]
    if first == "-m" and len(program) < 2:
        raise typer.BadParameter("-m needs the name of a module")
    if first.startswith("-") and not first.startswith("-m"):
        raise typer.BadParameter(f"there is no option {first}; a program's own come after its name")


def _refuse_command(first: str) -> None:
    """A name of a command where that of a Python program belongs, as in `run python app.py`."""
    import shutil

    path, is_binary = Path(first), False
    if path.is_file():  # what is read of a pipe would be lost to the program
        with contextlib.suppress(OSError), path.open("rb") as file:
            is_binary = file.read(4) == b"\x7fELF"
    if is_binary or (not path.exists() and shutil.which(first) is not None):
        raise typer.BadParameter(f"{first} is a command; run takes SCRIPT or -m MODULE")


def _kinds(text: str) -> frozenset[str]:
    from locktrace.diagnose.registry import KINDS

    kinds = frozenset(kind.strip() for kind in text.split(",") if kind.strip())
    unknown = sorted(kinds - KINDS)
    if unknown:
        raise typer.BadParameter(
            f"there is no finding kind {unknown[0]!r}; the kinds are {', '.join(sorted(KINDS))}"
        )
    return kinds


def _refuse_unwritable(report: Path) -> None:
    """Before the program runs: a report that cannot be written is told while nothing is lost."""
    from locktrace.errors import CannotSaveError

    try:
        with report.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise CannotSaveError(f"cannot write {report}: {error.strerror}") from None
