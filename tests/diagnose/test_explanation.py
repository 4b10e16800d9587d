"""The documentation is of the kinds as they are, and `locktrace explain` prints it."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from locktrace.cli.app import app
from locktrace.diagnose import KINDS
from locktrace.diagnose.explanation import page_of, summary_of
from tests.support import ROOT

DOCS = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kinds_page_is_in_the_documentation_word_for_word(kind):
    assert f"## {kind}\n\n{page_of(kind)}" in DOCS
    assert f"| [`{kind}`](#{kind}) |" in DOCS


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_page_is_laid_out_for_the_terminal(kind):
    said = CliRunner().invoke(app, ["explain", kind], env={"COLUMNS": "80"}).output
    page = said.partition("\n\nLT")[0]  # a rule of that name comes behind it
    assert all(len(line) <= 80 for line in page.splitlines())
    assert not re.search(r"```|\]\(|^\*|\n\n\n", page)
    assert "\n\n    " in page, "an example"


@pytest.mark.parametrize("kind", sorted(KINDS - {"disagreement"}))
def test_each_page_has_the_remedy(kind):
    assert "\n*Remedy*: " in page_of(kind)


def test_a_page_tells_the_thresholds_that_it_names():
    said = CliRunner().invoke(app, ["explain", "self-deadlock"], env={"COLUMNS": "80"}).output
    assert said.endswith("NAME=SECONDS`: `stall-after=3`, `deadlock-after=1`.\n")


def test_a_kind_is_explained():
    result = CliRunner().invoke(app, ["explain", "lost-wakeup"])
    assert result.exit_code == 0
    assert "wait for a state, not for a notification" in " ".join(result.output.split())


def test_a_word_that_is_a_kind_and_a_rule_has_both_pages():
    result = CliRunner().invoke(app, ["explain", "recursive-read"])
    assert "it went well" in result.output.lower()
    assert "LT" in result.output


def test_without_a_word_all_are_listed():
    result = CliRunner().invoke(app, ["explain"])
    assert all(f"  {kind} " in result.output for kind in KINDS)
    assert "LT101" in result.output
    assert all(summary_of(kind) for kind in KINDS)


def test_an_unknown_word_is_wrong_usage():
    assert CliRunner().invoke(app, ["explain", "nonsense"]).exit_code == 2
