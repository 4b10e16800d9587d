"""`pytest --locktrace`: a test that ends with a lock still held fails, and is told which."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from locktrace.testing import HeldLocks

_HELD: pytest.StashKey[HeldLocks] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("locktrace")
    group.addoption(
        "--locktrace",
        action="store_true",
        help="Trace locks, and fail each test that ends with one still held.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--locktrace"):
        from locktrace.testing import HeldLocks

        config.stash[_HELD] = HeldLocks()


def pytest_unconfigure(config: pytest.Config) -> None:
    held = config.stash.get(_HELD, None)
    if held is not None:
        held.__exit__()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Compare what is held after the test with what was before; fixtures' locks are their own."""
    held = item.config.stash.get(_HELD, None)
    if held is None:
        return (yield)
    before = held.snapshot()
    result = yield
    now, left = held.left(before)
    if left:
        from locktrace.testing import describe

        pytest.fail(f"the test left locks held:\n{describe(now, left)}", pytrace=False)
    return result
