"""Run the whole corpus and write docs/corpus.md: `make corpus`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests import corpus
from tests.corpus import Program, Run

PAGE = Path(__file__).with_suffix(".md")
AT_ONCE = 2
INTRODUCTION = """\
# The corpus

Small programs of our own in `tests/targets/corpus/`, each with one lock bug and with a fixed twin
beside it, and programs that look suspicious and are innocent. What has to be found (the kind, the
lock, the lines of who holds and who waits) stands in each program and is compared with the report
of one `locktrace run`. `tests/test_corpus.py` does that in the test suite; `make corpus` writes
this page.

*Unlucky* is the run in which the bug bites: most of them hang, and are ended by `--on-stall exit`.
*Lucky* is the run that ends well, in which the coming trouble shows. A twin is blamed if a finding
of it is an error or a warning.

`disagreement` has no program: it takes two witnesses that differ, so a kernel that may be asked and
a lock or a wait that the agent does not see. `tests/diagnose/test_disagreement.py` shows the
detector each way in which they can differ.
"""
HEADINGS = ("kind", "unlucky runs", "found", "located", "lucky runs", "found", "located", "twins",
            "blamed")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one program; `kind` is the one to be found in it, `pending` why it was not run."""

    program: Program
    mode: str
    kind: str
    pending: str = ""
    run: Run | None = None

    @property
    def found(self) -> bool:
        expectation = self.program.modes[self.mode]
        return self.run is not None and bool(corpus.found(expectation, self.run))

    @property
    def located(self) -> bool:
        expectation = self.program.modes[self.mode]
        return (
            self.run is not None
            and self.found
            and not corpus.unlocated(self.program, expectation, self.run)
        )

    @property
    def blamed(self) -> bool:
        return self.run is not None and bool(self.run.blamed())


def main() -> None:
    """Run everything, two at once; print what is short of the mark, and write the page."""
    with ThreadPoolExecutor(AT_ONCE) as executor:
        results = list(executor.map(_result, _plan()))
    PAGE.write_text("\n".join(_page(results)) + "\n", encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in _remarks(results))


def _plan() -> Iterator[Result]:
    for program in corpus.bugs():
        for mode, expectation in program.modes.items():
            pending = program.missing() or corpus.pending(program, mode)
            yield Result(program, mode, expectation.kinds[0], pending)
    for program in corpus.innocents():
        yield Result(program, "fixed", program.kind, program.missing() or program.untraced)


def _result(planned: Result) -> Result:
    if planned.pending or planned.program.missed(planned.mode):
        return planned
    with tempfile.TemporaryDirectory() as folder:
        run = corpus.run(planned.program, planned.mode, Path(folder))
    return Result(planned.program, planned.mode, planned.kind, run=run)


def _page(results: list[Result]) -> Iterator[str]:
    yield INTRODUCTION
    yield f"| {' | '.join(HEADINGS)} |"
    yield "|---" * len(HEADINGS) + "|"
    ran = [result for result in results if not result.pending]
    bugs = [result for result in ran if result.program.is_bug]
    twins = {
        result.program.bug.name: result
        for result in ran
        if result.mode == "fixed" and result.program.kind != "innocent"
    }
    for kind in sorted({result.kind for result in results if result.program.is_bug}):
        yield _row(kind, [bug for bug in bugs if bug.kind == kind], twins)
    yield _row("**all**", bugs, twins)
    innocents = [result for result in ran if result.program.kind == "innocent"]
    blamed = sum(result.blamed for result in innocents)
    yield f"\nInnocent programs: {len(innocents)}, blamed: {blamed}.\n"
    yield from _families(bugs)
    remarks = list(_remarks(results))
    if remarks:
        yield "\n## Short of the mark\n"
        yield from (f"- {remark}" for remark in remarks)


def _row(kind: str, bugs: list[Result], twins: dict[str, Result]) -> str:
    cells = []
    for mode in corpus.MODES:
        results = [bug for bug in bugs if bug.mode == mode]
        cells += [
            len(results),
            sum(result.found for result in results),
            sum(result.located for result in results),
        ]
    of_these = {bug.program.name for bug in bugs}
    fixed = [twin for name, twin in twins.items() if name in of_these]
    cells += [len(fixed), sum(twin.blamed for twin in fixed)]
    return f"| {kind} | " + " | ".join(map(str, cells)) + " |"


def _families(bugs: list[Result]) -> Iterator[str]:
    yield "| family | programs | runs | found | located |"
    yield "|---|---|---|---|---|"
    for family in sorted({bug.program.fields["family"] for bug in bugs}):
        runs = [bug for bug in bugs if bug.program.fields["family"] == family]
        programs = len({run.program.name for run in runs})
        found, located = sum(r.found for r in runs), sum(r.located for r in runs)
        yield f"| {family} | {programs} | {len(runs)} | {found} | {located} |"


def _remarks(results: list[Result]) -> Iterator[str]:
    for result in results:
        name = f"`{result.program.name}`, {result.mode}"
        if result.pending:
            yield f"{name}: not run, {result.pending}"
        elif result.run is None:
            yield f"{name}: {result.program.missed(result.mode)}"
        elif result.program.is_bug:
            for complaint in corpus.complaints(result.program, result.mode, result.run):
                yield f"{name}: {complaint}"
        else:
            yield from (f"{name}: blamed: {sentence}" for sentence in result.run.blamed())
            if not result.run.ended_well:
                yield f"{name}: did not end well"


if __name__ == "__main__":
    main()
