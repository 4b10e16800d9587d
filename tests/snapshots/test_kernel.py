"""The kernel's view in a snapshot: as a document, back from it, and as text."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from locktrace.kernel_view import (
    OWN_IDS,
    OWN_WAITS,
    Disagreement,
    Dispute,
    Futex,
    FutexKind,
    FutexWait,
    GilUse,
    KernelView,
    ThreadTotals,
    WakeUp,
)
from locktrace.model import Gap, Lock, StallSnapshot
from locktrace.snapshots.document import to_document
from locktrace.snapshots.layout import cells
from locktrace.snapshots.loading import from_document
from locktrace.snapshots.report import render
from tests.snapshots.conftest import NOW_NS, SECOND

GIL, MUTEX = OWN_IDS, OWN_IDS + 1
VIEW = KernelView(
    engine="bpftrace",
    since_ns=NOW_NS - 60 * SECOND,
    threshold_ns=5_000_000,
    futexes=(
        Futex(
            1, 0x7000, FutexKind.LOCK, 100, 9 * SECOND, 2 * SECOND, SECOND,
            ((1024, 60), (2048, 39), (4_194_304, 1)),
        ),
        Futex(GIL, 0, FutexKind.GIL, 400, 3 * SECOND, lengths=((8192, 400),)),
        Futex(MUTEX, 0x9000, FutexKind.NATIVE, library="libstore.so", symbol="store_enter"),
    ),
    threads=(ThreadTotals(11, 1, 90, 8 * SECOND), ThreadTotals(11, GIL, 300, 2 * SECOND)),
    waits=(FutexWait(13, 1, 0x7000, NOW_NS - 9 * SECOND, True, 1, 20),),
    wakeups=(WakeUp(1, 13, 11, 31),),
    gil=GilUse(((11, 0.62), (13, 0.2)), 13, ((13, 4),), 5),
    disagreements=(Disagreement(OWN_WAITS, Dispute.UNSEEN, 11, 1, NOW_NS - 8 * SECOND),),
    confirmed=(200,),
    untold=3,
    lost=1,
    notes=("The process is in a pid namespace of its own.",),
)  # fmt: skip


@pytest.fixture
def seen(stall: StallSnapshot) -> StallSnapshot:
    """The stall with the kernel's view in it."""
    snapshot = stall.snapshot
    own = {GIL: Lock(GIL, "GIL", "GIL"), MUTEX: Lock(MUTEX, "native mutex", "0x9000")}
    return replace(stall, snapshot=replace(snapshot, locks={**snapshot.locks, **own}, kernel=VIEW))


@pytest.fixture
def alone(seen: StallSnapshot) -> StallSnapshot:
    """The same, as if there were no agent."""
    return replace(seen, snapshot=replace(seen.snapshot, gaps=frozenset(Gap), holds=()))


def test_a_document_gives_back_the_view_and_the_gaps(alone: StallSnapshot) -> None:
    again = from_document(json.loads(json.dumps(to_document(alone)))).snapshot
    assert (again.kernel, again.gaps) == (VIEW, frozenset(Gap))


def test_a_document_from_before_the_kernel_was_asked_can_be_read(stall: StallSnapshot) -> None:
    document = to_document(stall)
    del document["kernel"], document["gaps"]
    assert from_document(document).snapshot.kernel is None


def test_it_keeps_to_the_schema_field_by_field(alone, schema) -> None:
    document = json.loads(json.dumps(to_document(alone)))
    jsonschema.validate(document, schema)
    described = schema["$defs"]["kernel"]["properties"]
    assert set(document["kernel"]) == set(described)
    for table in ("futexes", "threads", "waits", "wakeups", "disagreements"):
        assert set(document["kernel"][table][0]) == set(described[table]["items"]["properties"])


@pytest.mark.parametrize("width", [60, 100, 160])
def test_the_report_keeps_within_its_width(alone: StallSnapshot, width: int) -> None:
    assert all(cells(line) <= width for line in render(alone, width).splitlines())


def test_the_report_says_what_the_kernel_saw(seen: StallSnapshot) -> None:
    text = render(seen, 140).partition("The kernel's view\n")[2]
    assert "Seen by bpftrace for 1 min 0 s; 1 of the agent's 2 waits confirmed; 3 long" in text
    assert "The process is in a pid namespace of its own." in text
    assert (
        "GIL: held by reloader when last looked; "
        "waited for by worker-1 62% and reloader 20% of the time; "
        "most often held by reloader, 4 of 5 looks" in text
    )
    row = next(line for line in text.splitlines() if line.startswith("V2Filter.ip_table"))
    assert row.split()[2:] == ["100", "9.0", "s", "2.0", "s", "1.0", "s", "1", "ms", "2", "ms"]
    assert "reloader for V2Filter.ip_table, at least 9.0 s, last on CPU 1, priority 20" in text
    assert "worker-1 (query A): V2Filter.ip_table 8.0 s (90 waits) and GIL 2.0 s" in text
    assert "reloader -> worker-1: V2Filter.ip_table, 31 times" in text


def test_the_report_says_what_the_kernel_cannot_know(alone: StallSnapshot) -> None:
    text = " ".join(render(alone, 140).split())
    assert "it cannot know names of locks, who holds a lock, acquires that need not wait" in text
