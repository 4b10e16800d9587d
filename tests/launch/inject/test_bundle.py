"""What is carried into a target: source for every CPython, code for our own version."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from types import CodeType

from locktrace.launch.inject.bundle import bundle

OURS = sys.version_info[:2]
OTHER = (OURS[0], OURS[1] + 1)


def test_each_module_comes_compiled_for_our_own_version() -> None:
    carried = marshal.loads(bundle(OURS))
    code = {name: marshal.loads(data) for name, data in carried["compiled"].items()}
    assert code.keys() == carried["modules"].keys()
    assert all(isinstance(each, CodeType) for each in code.values())
    assert carried["magic"] == importlib.util.MAGIC_NUMBER


def test_another_version_gets_the_source_only() -> None:
    carried = marshal.loads(bundle(OTHER))
    assert carried["compiled"] == {}
    assert all(source for _, package, source in carried["modules"].values() if not package)


def test_an_agent_that_sleeps_is_known_again_by_a_command_of_another_version() -> None:
    assert marshal.loads(bundle(OURS))["id"] == marshal.loads(bundle(OTHER))["id"]
