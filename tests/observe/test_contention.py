"""Which sites wait for a contended lock, and which make others wait, is kept from the events."""

from __future__ import annotations

from locktrace.model import Hold, Lock, Mode, Site, SiteTotal, Wait
from locktrace.observe.contention import MOST_SITES, SHOWN_SITES
from locktrace.observe.history import Chronicle

MS = 1_000_000


def site(line: int) -> Site:
    return Site("app.py", line, "work")


def hold(id: int, line: int, since_ns: int) -> Hold:
    return Hold(id, 1, Mode.EXCLUSIVE, id, (site(line),), since_ns)


def wait(id: int, line: int, since_ns: int) -> Wait:
    return Wait(id, 1, Mode.EXCLUSIVE, id, (site(line),), since_ns)


def chronicle(kind: str = "Lock") -> Chronicle:
    past = Chronicle()
    past.define(Lock(1, kind, "table"), None)
    return past


def test_of_a_hold_the_part_counts_for_which_others_waited() -> None:
    past = chronicle()
    holding, waiting = hold(10, 3, 1 * MS), wait(20, 7, 4 * MS)
    past.acquired(holding, 0)
    past.waiting(waiting)
    past.released(holding, 9 * MS)
    past.waited(waiting, 10 * MS)
    contention = past.view(10 * MS, 0).contention[1]
    assert contention.held == (SiteTotal(site(3), 1, 5 * MS),)
    assert contention.waited == (SiteTotal(site(7), 1, 6 * MS),)


def test_holds_that_nobody_waits_for_are_not_counted() -> None:
    past = chronicle()
    holding = hold(10, 3, 1 * MS)
    past.acquired(holding, 0)
    past.released(holding, 9 * MS)
    assert past.view(9 * MS, 0).contention == {}


def test_to_wait_to_be_told_something_is_no_contention() -> None:
    past = chronicle("Event")
    waiting = wait(20, 7, 4 * MS)
    past.waiting(waiting)
    past.waited(waiting, 10 * MS)
    assert past.view(10 * MS, 0).contention == {}


def test_the_sites_with_the_most_time_are_shown_and_more_than_are_kept_is_said() -> None:
    past = chronicle()
    for line in range(1, MOST_SITES + 2):
        waiting = wait(100 + line, line, MS)
        past.waiting(waiting)
        past.waited(waiting, MS + line * MS)
    view = past.view(MS, 0)
    lines = [total.site.line for total in view.contention[1].waited if total.site]
    assert lines == [MOST_SITES - n for n in range(SHOWN_SITES)]
    assert view.full


def test_a_lock_that_is_gone_is_forgotten() -> None:
    past = chronicle()
    waiting = wait(20, 7, 4 * MS)
    past.waiting(waiting)
    past.waited(waiting, 10 * MS)
    past.forget(1, None)
    assert past.view(10 * MS, 0).contention == {}
