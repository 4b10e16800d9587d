"""`pytest --locktrace`: tests that leave locks held, or take them in both orders, fail.

This file decides only whether there is anything to do; importing it costs a run without
the option next to nothing. docs/testing.md says what can be set.
"""

from __future__ import annotations

import pytest

from locktrace.pytest_plugin.names import MARKER

_HELP = (
    f"{MARKER}(off=False, ignore=[kinds], fail_on=[kinds], stall_after=seconds): "
    "how `pytest --locktrace` judges the test (docs/testing.md)."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    from locktrace.pytest_plugin.options import add_options

    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """As early as can be: the Python core does not see locks that were there before it."""
    from locktrace.pytest_plugin.options import is_wanted

    if is_wanted(early_config) and not _only_hands_out_tests(early_config):
        import locktrace

        locktrace.install()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _HELP)
    from locktrace.pytest_plugin.options import is_wanted

    if not is_wanted(config):
        return
    from locktrace.pytest_plugin.crashes import Crashes
    from locktrace.pytest_plugin.judge import Judge

    if _only_hands_out_tests(config):
        config.pluginmanager.register(Crashes(), "locktrace-crashes")
    else:
        config.pluginmanager.register(Judge(config), "locktrace-judge")


def _only_hands_out_tests(config: pytest.Config) -> bool:
    """Whether this is xdist's controller: the tests run in its workers."""
    return not hasattr(config, "workerinput") and bool(
        getattr(config.known_args_namespace, "numprocesses", None)
        or getattr(config.known_args_namespace, "tx", None)
    )
