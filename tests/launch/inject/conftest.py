"""Injection needs the payload, which is built where there is a compiler, on x86-64."""

from __future__ import annotations

import pytest

from locktrace.launch.inject import by_ptrace


@pytest.fixture(autouse=True)
def _payload() -> None:
    if obstacle := by_ptrace.obstacle():
        pytest.skip(f"no way in by ptrace: {obstacle}")
