"""What `locktrace run` says at the end, of processes that were observed."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from locktrace.diagnose import Thresholds
from locktrace.family.household import Household
from locktrace.family.record import Record
from locktrace.family.run_report import render
from locktrace.launch.program import TracedProgram
from locktrace.model import History, Snapshot
from locktrace.observe.state import LedgerState
from locktrace.session import Session
from tests.support import running


class Gappy(LedgerState):
    """Has missed something."""

    def snapshot(self, now_ns: int) -> Snapshot:
        return replace(super().snapshot(now_ns), history=History(lost=4, full=True))


def test_gaps_in_the_history_are_remarked_in_the_report_and_noticed_on_the_screen() -> None:
    household = Household(cast(TracedProgram, None), None, Thresholds())
    with running("counter") as target:
        target.expect("counting")
        source = target.source()
        session = Session(source, state=Gappy(source.process))
        household.first = Record(session, 0)
        session.close()
    notice = household.first.view.notice
    assert "events were dropped" in notice
    assert "more lock orders" in notice
    said = " ".join(render(household).split())
    assert "locktrace: events were dropped while this was observed" in said
    assert "locktrace: there were more lock orders" in said
