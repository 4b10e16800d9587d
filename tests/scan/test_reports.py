"""The four formats, and the rules' pages."""

from __future__ import annotations

import json

import pytest

from locktrace.scan.report import FORMATS
from locktrace.scan.rules import RULES, explain, find_rule

LEAK = """\
import threading
lock = threading.Lock()
def f(x):
    lock.acquire()
    if x:
        return
    lock.release()
"""


@pytest.fixture
def report(scanned):
    return scanned(LEAK, broken="lock.acquire(\n")


def test_the_table_tells_finding_path_and_sum(report):
    text = FORMATS["table"](report, False)
    assert (
        "main.py:4: error: the lock lock is acquired and not released on this path [LT101" in text
    )
    assert "    line 6: returns" in text
    assert "broken.py:1: does not parse" in text
    assert text.splitlines()[-1].startswith(
        "1 finding; 1 lock created, 3 operations in 2 files, 8 lines"
    )


def test_the_table_lists_operations_when_asked(report):
    first, second = FORMATS["table"](report, True).splitlines()[:2]
    assert first.split() == ["WHERE", "FUNCTION", "OPERATION", "LOCK", "KIND", "MODE", "FORM"]
    assert second.split()[1:] == ["<module>", "create", "lock", "Lock"]


def test_json_has_findings_operations_and_what_was_not_scanned(report):
    data = json.loads(FORMATS["json"](report, False))
    assert data["schema"] == 1
    assert [f["code"] for f in data["findings"]] == ["LT101"]
    assert [o["action"] for o in data["operations"]] == ["create", "acquire", "release"]
    assert data["unscanned"][0]["line"] == 1


def test_sarif_names_rule_place_path_and_level(report):
    run = json.loads(FORMATS["sarif"](report, False))["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "LT101"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert steps[0]["location"]["message"]["text"] == "acquired here"
    assert run["invocations"][0]["toolExecutionNotifications"][0]["level"] == "warning"


def test_github_annotations_are_one_line_each_and_escaped(report):
    lines = FORMATS["github"](report, False).splitlines()
    assert lines[0].startswith("::error file=")
    assert ",line=4,title=LT101 missing-release::the lock lock" in lines[0]
    assert "%0Aline 6: returns" in lines[0]
    assert lines[1].startswith("::warning file=")


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_page_with_an_example_and_a_remedy(code):
    page = explain(code)
    assert page is not None
    assert page.startswith(f"{code} {RULES[code].name} (")
    assert "\n    " in page
    assert "Remedy:" in page or code == "LT403"


def test_rules_are_found_by_name_too_and_names_are_unique():
    assert find_rule("missing-release") is find_rule("lt101") is RULES["LT101"]
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    assert explain("nothing") is None


@pytest.mark.parametrize("format", ["table", "sarif", "github", "json"])
def test_every_format_has_the_listing_when_asked(report, format):
    text = FORMATS[format](report, True)
    assert text.count("acquire") > FORMATS[format](report, False).count("acquire") or (
        format == "json" and '"operations"' in text
    )


def test_a_listed_operation_is_no_problem_to_a_code_scanning_service(report):
    run = json.loads(FORMATS["sarif"](report, True))["runs"][0]
    listed = [result for result in run["results"] if "ruleId" not in result]
    assert len(listed) == 3
    assert {(result["kind"], result["level"]) for result in listed} == {("informational", "none")}
