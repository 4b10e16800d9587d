"""Every bug of the corpus is found and located, and its fixed twin is not blamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import corpus
from tests.corpus import Program


def _runs() -> Iterator[object]:
    for program in corpus.bugs():
        for mode in program.modes:
            for core in program.cores:
                yield pytest.param(program, mode, core, id=f"{program.name}-{mode}-{core}")


@pytest.mark.parametrize(("program", "mode", "core"), list(_runs()))
def test_the_bug_is_found_and_located(
    program: Program, mode: str, core: str, tmp_path: Path
) -> None:
    _skip_what_cannot_run(program)
    if reason := corpus.pending(program, mode):
        pytest.skip(reason)
    if reason := program.missed(mode):
        pytest.xfail(reason)
    run = corpus.run(program, mode, tmp_path, core)
    assert not corpus.complaints(program, mode, run), run.errors


@pytest.mark.parametrize("program", corpus.innocents(), ids=lambda program: program.name)
def test_the_innocent_is_not_blamed(program: Program, tmp_path: Path) -> None:
    _skip_what_cannot_run(program)
    if program.untraced:
        pytest.skip(program.untraced)
    run = corpus.run(program, "fixed", tmp_path)
    assert run.ended_well, run.errors
    assert not run.blamed(), run.errors


@pytest.mark.parametrize("program", corpus.bugs(), ids=lambda program: program.name)
def test_every_bug_has_a_twin_and_says_where_it_is(program: Program) -> None:
    assert program.twin.path.exists()
    assert all(expectation.marks for expectation in program.modes.values())


def _skip_what_cannot_run(program: Program) -> None:
    if missing := program.missing():
        pytest.skip(f"{missing} is not installed")
