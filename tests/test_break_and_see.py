"""`.ci/break-and-see` takes minutes and is run by hand; that its faults still fit is seen here."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

import pytest

from tests.support import ROOT


def script() -> Any:
    loader = SourceFileLoader("break_and_see", str(ROOT / ".ci/break-and-see"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


BREAK = script()


@pytest.mark.parametrize("fault", BREAK.FAULTS, ids=lambda fault: fault.says)
def test_the_place_of_each_fault_is_in_the_core_once(fault: Any) -> None:
    text = (ROOT / "locktrace/agent/csrc" / fault.file).read_text()
    assert text.count(fault.right) == 1
    assert fault.wrong != fault.right


@pytest.mark.parametrize("fault", BREAK.FAULTS, ids=lambda fault: fault.says)
def test_the_guard_of_each_fault_is_there(fault: Any) -> None:
    assert fault.how in BREAK.SEEN_BY
    if fault.check == BREAK.AGREE:
        assert (ROOT / f"tests/agent/{fault.check}.py").is_file()
    else:
        file, _, check = fault.check.partition("/")
        source = (ROOT / f"tests/targets/c_core/{file}.py").read_text()
        assert f"def {check}(" in source


def test_the_faults_that_ci_has_looked_at_are_there_and_need_each_sanitizer() -> None:
    [line] = [it for it in (ROOT / ".ci/run").read_text().splitlines() if "job break-and-see" in it]
    words = line.partition(".ci/break-and-see")[2].split('"')[1::2]
    chosen = BREAK.chosen_by(words)
    assert len(chosen) == len(words)
    assert {fault.how for fault in chosen} == {*BREAK.SEEN_BY}


def test_the_table_in_the_docs_has_each_fault() -> None:
    table = (ROOT / "docs/core.md").read_text()
    missing = [fault.says for fault in BREAK.FAULTS if f"\n| {fault.says} | " not in table]
    assert missing == []
