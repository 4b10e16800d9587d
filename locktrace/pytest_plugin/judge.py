"""Judges each test at its end, and gives the verdict to pytest."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

from locktrace.errors import LocktraceError
from locktrace.pytest_plugin.alarm import Alarm
from locktrace.pytest_plugin.settings import Settings, of_project, of_test
from locktrace.pytest_plugin.suppressed import Sum
from locktrace.pytest_plugin.timeouts import TimeOuts
from locktrace.testing.verdict import Verdict
from locktrace.testing.witness import Beginning, Witness, held

SECTION = "locktrace"
_SETTINGS: pytest.StashKey[Settings] = pytest.StashKey()
_BEGINNING: pytest.StashKey[Beginning] = pytest.StashKey()
_TOLD: pytest.StashKey[list[str]] = pytest.StashKey()


class Judge:
    """The hooks of a run that is traced; fixtures of a wider scope than a test hold what they
    hold by design."""

    def __init__(self, config: pytest.Config) -> None:
        self._project = of_project(config)
        self._config = config
        self._witness = Witness(self._project.thresholds, self._project.suppressions())
        self._sum = Sum()
        self._by_design: set[int] = set()
        self._alarm = Alarm(config, self._witness)
        self._timeouts = TimeOuts(config, self._witness, self._hear)
        self._running: pytest.Item | None = None

    def pytest_unconfigure(self) -> None:
        self._timeouts.close()
        self._alarm.close()
        self._witness.close()

    def pytest_sessionfinish(self) -> None:
        """What was suppressed, for the summary: of this process, or of this worker of xdist's."""
        if self._witness.pid == os.getpid():
            self._sum.add(Sum.of(self._witness))
            self._sum.hand_over(self._config)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        self._sum.tell(terminalreporter)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Before any test runs: a marker that makes no sense is told at once."""
        for item in items:
            item.stash[_SETTINGS] = of_test(item, self._project)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._running = item
        item.stash[_TOLD] = []
        with self._alarm.watching(item, self._settings(item), self._hear):
            result = yield
        self._running = None
        return result

    def _hear(self, text: str) -> None:
        """A report of the running test that goes into whatever becomes of it."""
        if self._running is not None:
            self._running.stash[_TOLD].append(text)

    def _settings(self, item: pytest.Item) -> Settings:
        return item.stash.get(_SETTINGS, self._project)

    def _is_silent(self, item: pytest.Item) -> bool:
        """A test that forked is in two processes, and only the first is ours."""
        return self._settings(item).off or self._witness.pid != os.getpid()

    # -- what a test holds

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any]
    ) -> Generator[None, object, object]:
        before = held()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                self._by_design |= held() - before

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        item.stash[_BEGINNING] = self._witness.begin()
        with self._alarm.armed():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fixtures' locks are their own: what is held before the call is not the call's."""
        before = self._witness.begin()
        try:
            with self._alarm.armed():
                result = yield
        except (Exception, pytest.fail.Exception):
            if verdict := self._verdict(item, before):
                item.stash[_TOLD].append(verdict.report())
            raise
        if verdict := self._verdict(item, before):
            pytest.fail(verdict.report(), pytrace=False)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """What the fixtures of the test alone have left held, or found in their teardown."""
        with self._alarm.armed():
            result = yield
        before = item.stash.get(_BEGINNING, None)
        if before is not None and (verdict := self._verdict(item, before)):
            pytest.fail(verdict.report(), pytrace=False)
        return result

    def _verdict(self, item: pytest.Item, before: Beginning) -> Verdict | None:
        """What is to be said since `before` and has not been said yet."""
        if self._is_silent(item):
            return None
        rule = self._settings(item).rule
        try:
            verdict = Verdict.of(self._witness, before, rule, self._by_design)
        except LocktraceError as error:  # the test has switched the agent off, or closed its socket
            item.add_report_section("call", SECTION, f"the test cannot be judged: {error}")
            return None
        self._by_design |= verdict.holds
        return verdict

    # -- reports

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What was told while the test hung goes into its failure, and so into junitxml."""
        report = yield
        told = item.stash.get(_TOLD, [])
        if told and report.failed:
            add(report, "\n".join(told))
            told.clear()
        return report


def add(report: pytest.TestReport, text: str) -> None:
    """Add `text` to a failure, in a section of its own where it can have one."""
    longrepr: Any = report.longrepr
    if hasattr(longrepr, "addsection"):
        longrepr.addsection(SECTION, text)
    else:
        report.longrepr = f"{longrepr}\n\n{SECTION}:\n{text}"
