"""Suppressions, selection, per-path configuration, baseline."""

from __future__ import annotations

import pytest

from locktrace.errors import UsageError
from locktrace.pyproject import find_pyproject
from locktrace.scan import baseline
from locktrace.scan.config import Config, codes_of, load
from locktrace.scan.engine import scan

LEAK = """\
import threading
lock = threading.Lock()
def f(x):
    lock.acquire(){comment}
    if x:
        return
    lock.release()
"""


@pytest.mark.parametrize(
    "word", ["", "[LT101]", "[missing-release]", "[leaked-lock]", "[LT999, lt101]"]
)
def test_a_comment_on_the_line_suppresses_by_code_name_or_runtime_kind(scanned, word):
    report = scanned(LEAK.format(comment=f"  # locktrace: ignore{word}"))
    assert (report.findings, report.suppressed) == ((), 1)


def test_a_comment_for_another_rule_suppresses_nothing_and_is_told(scanned):
    report = scanned(LEAK.format(comment="  # locktrace: ignore[LT203]"))
    assert len(report.findings) == 1
    assert "main.py:4: this '# locktrace: ignore' suppresses nothing" in report.notices[0]


@pytest.mark.parametrize("word", ["", "[convoy]", "[leaked-lock, stall]"])
def test_a_comment_that_may_be_for_the_runtime_is_not_called_unused(scanned, word):
    text = LEAK.format(comment="").replace("if x:", f"if x:  # locktrace: ignore{word}")
    assert scanned(text).notices == ()


def test_select_and_ignore_take_codes_prefixes_and_names():
    assert codes_of(["LT101,order-inversion"]) == {"LT101", "LT203"}
    assert codes_of(["LT2"]) == {"LT201", "LT202", "LT203"}
    with pytest.raises(UsageError, match="there is no rule 'LT9'"):
        codes_of(["LT9"])


def test_a_pyproject_selects_excludes_and_ignores_by_path(project):
    text = LEAK.format(comment="")
    folder = project(kept=text, generated=text)
    (folder / "old").mkdir()
    (folder / "old" / "legacy.py").write_text(text)
    (folder / "pyproject.toml").write_text(
        '[tool.locktrace.scan]\nselect = ["LT1"]\nexclude = ["generated.py"]\n'
        '[tool.locktrace.scan.per-path-ignores]\n"old/*" = ["missing-release"]\n'
    )
    config = load(find_pyproject(folder / "kept.py"))
    report = scan([folder], config, 1)
    assert [f.file.rpartition("/")[2] for f in report.findings] == ["kept.py"]
    assert report.files == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[tool.locktrace.scan]\nselct = []\n", "knows no 'selct'"),
        ("[tool.locktrace.scan]\nselect = 'LT1'\n", "is to be a list of strings"),
        ("[tool.locktrace.scan]\nignore = ['LT9']\n", "there is no rule 'LT9'"),
        ("[tool.locktrace.scan]\nbaseline = 3\n", "'baseline' is to be a string"),
        ("[tool.locktrace\n", "cannot be read"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(UsageError, match=sentence.replace("[", r"\[")):
        load(tmp_path / "pyproject.toml")


def test_a_baseline_keeps_known_findings_back_also_when_lines_move(project, tmp_path):
    folder = project(LEAK.format(comment=""))
    known = tmp_path / "baseline.json"
    baseline.save(known, scan([folder], Config(), 1).findings)
    (folder / "main.py").write_text("# one line more\n" + LEAK.format(comment=""))
    assert baseline.new_findings(scan([folder], Config(), 1).findings, known) == []


def test_a_second_finding_like_the_first_is_new(project, tmp_path):
    again = "    lock.acquire(timeout=1)\n    lock.release()\n"
    text = "import threading\nlock = threading.Lock()\ndef f():\n" + again
    folder = project(text)
    known = tmp_path / "baseline.json"
    baseline.save(known, scan([folder], Config(), 1).findings)
    (folder / "main.py").write_text(text + again)
    told = baseline.new_findings(scan([folder], Config(), 1).findings, known)
    assert [finding.code for finding in told] == ["LT105"]


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 1}', '{"schema": 2, "findings": []}'])
def test_a_file_that_is_no_baseline_is_one_sentence(tmp_path, text):
    (tmp_path / "baseline.json").write_text(text)
    with pytest.raises(UsageError, match="baseline"):
        baseline.load(tmp_path / "baseline.json")
