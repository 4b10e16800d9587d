"""`locktrace scan` as it is typed: exit codes, options, --since."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from locktrace.cli.scan import scan
from locktrace.errors import UsageError

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
def command():
    app = typer.Typer()
    app.command("scan")(scan)

    def run(*arguments: object):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


def test_findings_end_with_1_and_a_clean_scan_with_0(command, project):
    folder = project(bad=LEAK, good="x = 1\n")
    assert command(folder).exit_code == 1
    assert command(folder / "good.py").exit_code == 0
    assert command(folder, "--ignore", "LT101").exit_code == 0
    assert command(folder, "--select", "order-inversion").exit_code == 0


@pytest.mark.parametrize(
    "arguments", [[], ["nowhere"], [".", "--select", "LT9"], [".", "--write-baseline"]]
)
def test_usage_errors_are_one_sentence_with_exit_code_2(command, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    result = command(*arguments)
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    assert "\n" not in str(result.exception)


def test_an_unknown_option_or_format_ends_with_2(command, tmp_path):
    assert command(tmp_path, "--format", "xml").exit_code == 2
    assert command(tmp_path, "--nothing").exit_code == 2


def test_a_report_goes_to_a_file_when_asked(command, project):
    folder = project(LEAK)
    result = command(folder, "--format", "sarif", "-o", folder / "out.sarif")
    assert (result.exit_code, result.output) == (1, "")
    assert json.loads((folder / "out.sarif").read_text())["version"] == "2.1.0"


def test_a_written_baseline_makes_the_next_scan_clean(command, project):
    folder = project(LEAK)
    known = folder / "known.json"
    assert command(folder, "--baseline", known, "--write-baseline").exit_code == 0
    result = command(folder, "--baseline", known)
    assert result.exit_code == 0
    assert "1 in the baseline" in result.output


def test_since_lists_what_a_run_never_released_with_the_rule_that_sees_it(command, project):
    folder = project(LEAK)
    site = {"file": str(folder / "main.py"), "line": 4, "function": "f"}
    hold = {"lock": 1, "mode": "exclusive", "site_index": 0, "stack": [site]}
    report = folder / "report.json"
    report.write_text(json.dumps({"locks": [{"id": 1, "name": "lock"}], "holds": [hold, hold]}))
    result = command("--since", report)
    assert result.exit_code == 1
    assert (
        result.output == f"{site['file']}:4: lock acquired 2 times in f, never released [LT101]\n"
    )


def test_since_says_when_a_run_released_everything(command, tmp_path):
    report = tmp_path / "report.json"
    report.write_text('{"locks": [], "holds": []}')
    result = command("--since", report)
    assert (result.exit_code, result.output) == (
        0,
        "the run released every lock that it acquired\n",
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"locks": 3, "holds": [1]}'])
def test_since_refuses_what_is_no_report(command, tmp_path, text):
    report = tmp_path / "report.json"
    report.write_text(text)
    assert isinstance(command("--since", report).exception, UsageError)
