"""What bpftrace prints, of two versions, and what it never should."""

from __future__ import annotations

import contextlib
import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from locktrace.observe.kernel.ledger import GIL
from locktrace.observe.kernel.lines import LineError, parse
from locktrace.observe.kernel.records import (
    Began,
    Ended,
    Follows,
    Lengths,
    Lost,
    Pending,
    Record,
    Regained,
    Spent,
    Tick,
    Untold,
    Waited,
    Waiting,
)


def of(kind: type[Record], lines: list[bytes]) -> list[Record]:
    return [record for line in lines if isinstance(record := parse(line), kind)]


def test_every_line_of_a_recording_is_understood(recorded: list[bytes]) -> None:
    seen = Counter(type(parse(line)) for line in recorded)
    assert (seen[Began], seen[Follows], seen[Untold]) == (1, 2, 0)
    assert seen[Tick] > 2
    assert min(seen[kind] for kind in (Waited, Regained, Spent, Waiting, Lengths, Ended)) >= 1


def test_a_recording_tells_the_gate_s_wait_and_who_ended_it(recorded: list[bytes]) -> None:
    waits = of(Waited, recorded)
    woken = [wait for wait in waits if wait.waker]
    assert woken
    assert all(wait.key != GIL and wait.until_ns - wait.since_ns >= 5_000_000 for wait in waits)
    assert all(wait.waker != wait.thread for wait in woken)


def test_near_the_end_of_a_recording_each_process_has_waiters_for_one_lock(
    recorded: list[bytes],
) -> None:
    one, other = (record.pid for record in of(Follows, recorded))
    look = [look for look in of(Waiting, recorded) if other in look.processes][-1]
    for pid, crowd in ((one, 3), (other, 1)):
        keys = Counter(wait.key for wait in look.processes[pid].values() if wait.key != GIL)
        assert keys.most_common(1)[0][1] == crowd


def test_the_threads_of_the_killed_process_have_ended(recorded: list[bytes]) -> None:
    _, other = (record.pid for record in of(Follows, recorded))
    assert {ended.pid for ended in of(Ended, recorded)} >= {other}
    assert other not in of(Waiting, recorded)[-1].processes


def test_totals_and_lengths_count_the_same_waits(recorded: list[bytes]) -> None:
    spent, lengths = of(Spent, recorded)[-1], of(Lengths, recorded)[-1]
    assert spent.rows == sum(map(len, spent.processes.values()))
    for pid, by_key in lengths.processes.items():
        waits: Counter[int] = Counter()
        for (_, key), (number, _) in spent.processes[pid].items():
            waits[key] += number
        for key, buckets in by_key.items():
            assert sum(number for _, number in buckets) <= waits[key]
        assert sum(waits.values()) > 0


@pytest.mark.parametrize(
    ("line", "record"),
    [
        (b"", None),
        (b'{"type": "attached_probes", "data": {"probes": 10}}', None),
        (b'{"type": "map", "data": {"@told": 3}}', None),
        (b'{"type": "lost_events", "data": {"events": 7}}', Lost(7)),
        (
            b'{"type": "map", "data": {"@waiting": {"3,7": [5,6,0]}}}',
            Waiting({3: {7: Pending(5, 6, 0)}}),
        ),
        (b'{"type": "map", "data": {"@untold": {"3": 9}}}', Untold({3: 9})),
        (b'{"type": "stats", "data": {"@spent": {}}}', Spent({}, 0)),
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
        b'{"type": "map", "data": {"@waiting": {"3,x": [1,2,3]}}}',
        b'{"type": "map", "data": {"@untold": 7}}',
        b'{"type": "stats", "data": {"@spent": {"1,2": {"count": 1, "total": 2}}}}',
        b'{"type": "hist", "data": {"@lengths": {"1,2": [{"max": "many"}]}}}',
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


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(KINDS, VALUES | st.dictionaries(NAMES, VALUES, max_size=2))
def test_nothing_but_a_line_error_comes_of_any_json(kind: str, data: object) -> None:
    with contextlib.suppress(LineError):
        parse(json.dumps({"type": kind, "data": data}).encode())
