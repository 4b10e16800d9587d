"""The contended locks of a report: which, how long, where, and which threshold would suit."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from locktrace.durations import Durations
from locktrace.model import Contention, History, Lock, Site, SiteTotal
from locktrace.snapshots.contention import MOST_LOCKS, most_contended
from locktrace.snapshots.document import to_document
from locktrace.snapshots.layout import cells
from locktrace.snapshots.loading import from_document
from locktrace.snapshots.report import render, render_contention

MS = 1_000_000
SHORT = Durations((90,), 0)
LONG = Durations((90, *[0] * 9, 10), 3 * MS)
RELOAD = SiteTotal(Site("/app/filters.py", 7, "V2Filter.reload"), 12, 40 * MS)
LOOKUP = SiteTotal(Site("/app/filters.py", 3, "V2Filter.lookup"), 10, 30 * MS)


def contended(id: int, wait_ns: int = 30 * MS, kind: str = "Lock", **more: object) -> Lock:
    lock = Lock(id, kind, f"lock-{id}", acquisitions=100, contended=10, wait_ns=wait_ns)
    return replace(lock, wait_times=LONG, hold_times=LONG, **more)  # type: ignore[arg-type]


@pytest.fixture
def busy(stall):
    """Two contended locks, of which one is known by its sites."""
    locks = {id: contended(id, id * MS) for id in (1, 2)}
    history = History(contention={2: Contention((LOOKUP,), (RELOAD,))})
    snapshot = replace(stall.snapshot, locks=locks, history=history)
    return replace(stall, snapshot=snapshot, thresholds={"long-hold-after": 10.0})


def of(stall, *locks):
    snapshot = replace(stall.snapshot, locks={lock.id: lock for lock in locks})
    return [each.lock.id for each in most_contended(snapshot)]


def test_the_lock_with_the_most_time_of_waiting_comes_first(stall):
    assert of(stall, contended(1, 5), contended(2, 50), contended(3, 20)) == [2, 3, 1]


def test_at_most_ten_are_listed(stall):
    assert len(of(stall, *map(contended, range(1, 30)))) == MOST_LOCKS


def test_signals_answers_and_inner_locks_are_not_contended_but_semaphores_and_a_conditions_lock_are(
    stall,
):
    locks = (
        contended(1, kind="Event"),
        contended(2, kind="Future"),
        contended(3, kind="RWMutex"),
        contended(4, parent=3),
        contended(5, kind="Condition"),
        contended(6, parent=5),
        contended(7, kind="BoundedSemaphore"),
    )
    assert of(stall, *locks) == [3, 6, 7]


def test_each_is_told_with_its_percentiles_and_its_sites(busy):
    lines = render_contention(busy).splitlines()
    assert lines[0] == "Contended locks"
    row = next(n for n, line in enumerate(lines) if line.startswith("lock-2"))
    assert " ".join(lines[row].split()[1:]) == "100 10.0% 1 µs 2 ms 3 ms 1 µs 2 ms 3 ms"
    assert lines[row + 1 : row + 3] == [
        "    waited for in V2Filter.lookup (filters.py:3): 10 times, 30 ms in all",
        "    held meanwhile in V2Filter.reload (filters.py:7): 12 times, 40 ms in all",
    ]
    assert lines[row + 3].startswith("lock-1")


def test_the_distribution_is_told_beside_the_threshold_that_it_is_to_help_choose(busy):
    text = " ".join(render_contention(busy).split())
    assert "holds: half under 1 µs, 99 % under 2 ms, longest 3 ms; long-hold is told from" in text
    assert "told from 10 s on (--threshold long-hold-after=SECONDS)" in text
    assert "waits: half under 1 µs" in text


def test_nothing_is_told_where_nothing_was_contended(stall):
    calm = {1: replace(contended(1), wait_times=Durations(), contended=0)}
    quiet = replace(stall, snapshot=replace(stall.snapshot, locks=calm))
    assert render_contention(quiet) == ""
    assert "Contended" not in render(quiet)


@pytest.mark.parametrize("width", [40, 80, 100, 200])
def test_no_line_is_wider_than_asked(busy, width):
    assert max(map(cells, render_contention(busy, width).splitlines())) <= width


def test_the_document_has_it_and_gives_it_back(busy, schema):
    document = to_document(busy)
    jsonschema.validate(document, schema)
    [row, _] = document["contention"]["locks"]
    assert (row["name"], row["waited_at"][0]["times"]) == ("lock-2", 10)
    read = from_document(document)
    assert read.thresholds == busy.thresholds
    assert render_contention(read) == render_contention(busy)


@pytest.mark.parametrize(
    ("history", "said"),
    [(History(lost=3), "events were dropped"), (History(full=True), "there were more lock orders")],
)
def test_gaps_in_the_history_are_said_and_kept(stall, history, said):
    gappy = replace(stall, snapshot=replace(stall.snapshot, history=history))
    assert f"history  {said}" in render(gappy)
    read = from_document(to_document(gappy))
    assert (read.snapshot.history.lost, read.snapshot.history.full) == (history.lost, history.full)
    assert "history  " not in render(stall)
