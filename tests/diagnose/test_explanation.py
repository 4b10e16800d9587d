"""The documentation is of the kinds as they are, and `locktrace explain` prints it."""

from __future__ import annotations

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


def test_a_kind_is_explained():
    result = CliRunner().invoke(app, ["explain", "lost-wakeup"])
    assert result.exit_code == 0
    assert "wait for a state, not for a notification" in result.output


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
