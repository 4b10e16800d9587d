"""The documentation is of the rules as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from locktrace.scan.rules import RULES

DOCS = Path(__file__).parents[2] / "docs" / "scan.md"


@pytest.mark.parametrize("code", RULES)
def test_each_rule_s_page_is_in_the_documentation_word_for_word(code):
    rule = RULES[code]
    text = DOCS.read_text(encoding="utf-8")
    assert f"### {rule.code} {rule.name} ({rule.severity})\n\n{rule.page.rstrip()}\n" in text
