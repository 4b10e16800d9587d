"""Fixtures for the agent's tests: each core in turn."""

from __future__ import annotations

import importlib.util

import pytest

HAS_C_CORE = importlib.util.find_spec("locktrace.agent._core") is not None
NEEDS_C_CORE = pytest.mark.skipif(not HAS_C_CORE, reason="the C core is not built here")


@pytest.fixture(params=["py", pytest.param("c", marks=NEEDS_C_CORE)])
def core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The core that targets started by this test record with."""
    name: str = request.param
    monkeypatch.setenv("LOCKTRACE_CORE", name)
    return name
