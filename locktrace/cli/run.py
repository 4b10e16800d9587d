"""`locktrace run`: a program, traced, with its own stdin, stdout, stderr, exit code and signals."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from locktrace.launch.program import TracedProgram
    from locktrace.model import Finding
    from locktrace.session import Session, View

EXAMPLES = (
    "Examples: locktrace run server.py --port 80 · "
    "locktrace run --report locks.json --fail-on long-hold -m pytest tests"
)
POLL_S = 0.1
PATIENCE_S = 1.0  # with the agent's first word, before the program is looked at again
FINDINGS_MADE = 70


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
    stall_after: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds a wait lasts before it is a stall.")
    ] = None,
    fail_on: Annotated[
        str, typer.Option(help="Kinds, by comma, that make the exit code 70 like errors do.")
    ] = "",
) -> None:
    """Run a Python program traced; print the findings to stderr at its end.

    The exit code is the program's own, or 70 where findings of severity error, or of a
    --fail-on kind, were made.
    """
    from locktrace.launch.program import TracedProgram, leave_as

    _refuse_unknown_option(program)
    kinds = _kinds(fail_on)
    if report is not None:
        _refuse_unwritable(report)
    traced = TracedProgram(program)
    watched = _Run(traced, stall_after, on_stall)
    code = watched.until_end()
    watched.tell(report)
    leave_as(FINDINGS_MADE if watched.failed(kinds) else code)


class _Run:
    """One traced program: its session, and what was found in all of it."""

    def __init__(
        self, program: TracedProgram, stall_after: float | None, on_stall: OnStall
    ) -> None:
        self._program = program
        self._on_stall = on_stall
        self._stall_after = stall_after
        self._session: Session | None = None
        self._view: View | None = None
        self._findings: dict[tuple[object, ...], Finding] = {}
        self._stalls = 0

    def until_end(self) -> int:
        """Observe until the program has ended; its exit code."""
        while (code := self._program.poll()) is None:
            if self._session is None:
                self._session = self._open()
                continue
            self._look(self._session)
            if self._view is not None and self._view.ended is not None:
                self._program.wait(POLL_S)
        self._session = self._session or self._open()
        if self._session is not None:
            self._last_look(self._session)
        return code

    def _open(self) -> Session | None:
        from locktrace.diagnose import Thresholds
        from locktrace.errors import LocktraceError
        from locktrace.observe.agent_source import AgentSource
        from locktrace.session import Session

        try:
            # A duplicate, for a source that fails closes what it was given.
            connection = self._program.connection.dup()
            source = AgentSource(connection, self._program.pid, patience=PATIENCE_S)
        except LocktraceError:
            # Ended, stopped, stuck in C, or no Python that starts our agent: tried again while
            # it runs, and said at the end.
            self._program.wait(POLL_S)
            return None
        after = self._stall_after
        return Session(source, thresholds=Thresholds(stall_after=after) if after else None)

    def _look(self, session: Session) -> None:
        view = self._view = session.poll(POLL_S)
        self._findings.update({finding.key: finding for finding in view.findings})
        if len(view.stalls) == self._stalls:
            return
        from locktrace.snapshots.report import render

        self._stalls = len(view.stalls)
        _say(render(view.stalls[-1]))
        if self._on_stall is OnStall.EXIT:
            _say("locktrace: the program has stalled; ending it (--on-stall exit)\n")
            self._program.end()

    def _last_look(self, session: Session) -> None:
        """What came before the end, and what the last picture shows by itself."""
        from locktrace.diagnose import Thresholds, diagnose

        view = session.poll(0)
        while view.ended is None:
            view = session.poll(POLL_S)
        self._view = view
        if view.snapshot.locks:
            # Nothing moves any more: one look is enough, and no leak is too young.
            last = diagnose(view.snapshot, Thresholds(leak_after=0.0))
            self._findings.update({f.key: f for f in last if f.kind == "leaked-lock"})

    def failed(self, kinds: frozenset[str]) -> bool:
        """Whether the findings call for the exit code of findings."""
        return any(f.severity == "error" or f.kind in kinds for f in self._findings.values())

    def tell(self, report: Path | None) -> None:
        """Print the findings, and write the report."""
        from locktrace.diagnose import severest_first
        from locktrace.model import StallSnapshot

        if self._view is None:
            _say("locktrace: no word came from an agent in the program; nothing was traced\n")
            return
        findings = severest_first(list(self._findings.values()))
        stall = StallSnapshot("", self._view.snapshot, findings)
        if findings:
            from locktrace.snapshots.report import render_findings

            _say(render_findings(stall))
        else:
            _say(f"locktrace: no findings in {len(stall.snapshot.locks)} locks\n")
        if not self._view.finished:
            _say("locktrace: the program ended abruptly; its last moments are not known\n")
        if report is not None:
            import json

            from locktrace.cli.files import write
            from locktrace.snapshots.document import to_document

            write(report, json.dumps(to_document(stall), indent=2) + "\n")


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _refuse_unknown_option(program: list[str]) -> None:
    first = program[0]
    if first == "-m" and len(program) < 2:
        raise typer.BadParameter("-m needs the name of a module")
    if first.startswith("-") and not first.startswith("-m"):
        raise typer.BadParameter(f"there is no option {first}; a program's own come after its name")


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
