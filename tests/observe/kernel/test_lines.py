"""What bpftrace prints, of two versions, and what it never should."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locktrace.observe.kernel.ledger import GIL
from locktrace.observe.kernel.lines import (
    Began,
    Lengths,
    LineError,
    Lost,
    Pending,
    Regained,
    Spent,
    Tick,
    Untold,
    Waited,
    Waiting,
    parse,
)


def test_every_line_of_a_recording_is_understood(recorded: list[bytes]) -> None:
    seen = Counter(type(parse(line)) for line in recorded)
    assert seen[Began] == 1
    assert seen[Untold] >= seen[Tick] > 2
    assert min(seen[kind] for kind in (Waited, Regained, Spent, Waiting, Lengths)) >= 1


def test_a_recording_tells_the_gate_s_wait_and_who_ended_it(recorded: list[bytes]) -> None:
    waits = [record for line in recorded if isinstance(record := parse(line), Waited)]
    woken = [wait for wait in waits if wait.waker]
    assert woken
    assert all(wait.key != GIL and wait.until_ns - wait.since_ns >= 5_000_000 for wait in waits)
    assert all(wait.waker != wait.thread for wait in woken)


def test_at_the_end_of_a_recording_three_threads_wait_for_one_lock(recorded: list[bytes]) -> None:
    looks = [record for line in recorded if isinstance(record := parse(line), Waiting)]
    keys = Counter(pending.key for pending in looks[-2].threads.values() if pending.key != GIL)
    assert keys.most_common(1)[0][1] == 3


def test_totals_and_lengths_count_the_same_waits(recorded: list[bytes]) -> None:
    records = [parse(line) for line in recorded]
    spent = [record for record in records if isinstance(record, Spent)][-1]
    lengths = [record for record in records if isinstance(record, Lengths)][-1]
    waits: Counter[int] = Counter()
    for (_, key), (number, _) in spent.totals.items():
        waits[key] += number
    for key, buckets in lengths.buckets.items():
        assert sum(number for _, number in buckets) == waits[key]


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (b"", None),
        (b'{"type": "attached_probes", "data": {"probes": 10}}', None),
        (b'{"type": "map", "data": {"@told": 3}}', None),
        (b'{"type": "lost_events", "data": {"events": 7}}', Lost(7)),
        (b'{"type": "map", "data": {"@waiting": {"7": [5,6,0]}}}', Waiting({7: Pending(5, 6, 0)})),
        (b'{"type": "stats", "data": {"@spent": {}}}', Spent({})),
    ],
)
def test_a_line_is_its_record(line: bytes, record: object) -> None:
    assert parse(line) == record


@pytest.mark.parametrize(
    "line",
    [
        b"Attaching 3 probes...",
        b"{",
        b"[]",
        b"null",
        b'{"type": "printf"}',
        b'{"type": "printf", "data": ""}',
        b'{"type": "printf", "data": "wait 1 2"}',
        b'{"type": "printf", "data": "at noon"}',
        b'{"type": "map", "data": {"@waiting": {"x": [1,2,3]}}}',
        b'{"type": "map", "data": {"@waiting": 7}}',
        b'{"type": "stats", "data": {"@spent": {"1": {"count": 1, "total": 2}}}}',
        b'{"type": "hist", "data": {"@lengths": {"1": [{"max": "many"}]}}}',
        b'{"type": "lost_events", "data": {}}',
        b"\xff" * 20,
        b"[" * 100_000,
    ],
)
def test_a_line_without_sense_is_told_as_such(line: bytes) -> None:
    with pytest.raises(LineError, match="has no sense"):
        parse(line)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
)
KINDS = st.sampled_from(["printf", "map", "stats", "hist", "lost_events", "time"])
NAMES = st.sampled_from(["@waiting", "@spent", "@lengths", "@untold", "events"])


@given(KINDS, VALUES | st.dictionaries(NAMES, VALUES, max_size=2))
def test_nothing_but_a_line_error_comes_of_any_json(kind: str, data: object) -> None:
    with contextlib.suppress(LineError):
        parse(json.dumps({"type": kind, "data": data}).encode())
