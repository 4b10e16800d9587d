from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.model import Actor, Lock, Mode, Process, Site, Snapshot, Wait
from locktrace.wording import (
    age,
    count,
    duration,
    listing,
    lock_name,
    place,
    plain,
    short_path,
    waiters,
    where,
    who,
)

SNAPSHOT = Snapshot(
    Process(1, 0.0, "", "", ()),
    1,
    1.0,
    {1: Lock(1, "Lock", "V2Filter.ip_table"), 2: Lock(2, "RLock", "")},
    {7: Actor(7, "worker-7", label="query beta.example. A"), 9: Actor(9, "Task-1", "task")},
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.35, "350 ms"),
        (0.9996, "1.0 s"),
        (12.34, "12.3 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (252, "4 min 12 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_duration_has_the_two_units_that_matter(seconds, text):
    assert duration(seconds) == text


def test_the_age_of_what_was_there_before_the_agent_is_the_least_it_can_be():
    snapshot = replace(SNAPSHOT, taken_ns=5_000_000_000)
    seen, found = (
        Wait(1, 1, Mode.EXCLUSIVE, 7, (), since_ns, found=found)
        for since_ns, found in ((3_000_000_000, False), (1_900_000_000, True))
    )
    assert age(snapshot, [seen]) == "2.0 s"
    assert age(snapshot, [seen, found]) == "over 3.1 s"
    assert age(snapshot, [found], more=">") == ">3.1 s"


def test_one_thing_is_singular_and_others_are_not():
    assert [count(n, "reader") for n in (0, 1, 2)] == ["0 readers", "1 reader", "2 readers"]
    assert count(2, "lock is", "locks are") == "2 locks are"


def test_a_listing_hides_two_or_more_but_never_one():
    assert listing([]) == ""
    assert listing(["a"]) == "a"
    assert listing(["a", "b"]) == "a and b"
    assert listing(list("abcd"), most=3) == "a, b, c and d"
    assert listing(list("abcde"), most=3) == "a, b, c and 2 more"


def test_control_characters_are_told_by_their_escapes():
    assert plain("query\x1b[2J\r\n\u202e") == r"query\x1b[2J\r\n\u202e"
    assert plain("größe 漢字") == "größe 漢字"


def test_a_path_is_told_by_its_name_and_by_its_folder_too_where_that_says_nothing():
    assert short_path("/app/demo/filters.py") == "filters.py"
    assert short_path("/app/demo/__init__.py") == "demo/__init__.py"
    assert short_path("<stdin>") == "<stdin>"


def test_a_site_is_told_by_function_and_line():
    site = Site("/app/filters.py", 48, "V2Filter.lookup")
    assert place(site) == "filters.py:48"
    assert where(site) == "V2Filter.lookup (filters.py:48)"
    assert where(None) == place(None) == "an unknown place"


def test_an_actor_is_told_with_its_label():
    assert who(SNAPSHOT, 7) == "worker-7 (query beta.example. A)"
    assert who(SNAPSHOT, 7, label="") == "worker-7"


def test_who_has_ended_without_a_name_is_told_by_the_id_that_the_system_knew_it_by():
    ended = Actor(19, "thread 4242", native_id=4242, ended=True)
    named = Actor(20, "worker-3", native_id=4243, ended=True)
    assert who(replace(SNAPSHOT, actors={19: ended}), 19) == "ended thread 4242"
    assert who(replace(SNAPSHOT, actors={20: named}), 20) == "worker-3"


def test_who_came_and_went_unseen_is_not_called_by_a_number_of_ours():
    alone = replace(SNAPSHOT, actors={})
    assert who(alone, 8) == "a thread that has ended"
    assert who(alone, 8, label="query A") == "a thread that has ended (query A)"
    assert who(SNAPSHOT, 8) == "a thread or task that has ended"


def test_a_lock_without_a_name_is_told_by_its_kind():
    assert [lock_name(SNAPSHOT, id) for id in (1, 2, 3)] == [
        "V2Filter.ip_table",
        "RLock 2",
        "lock 3",
    ]


@pytest.mark.parametrize(
    ("actors", "text"),
    [
        ([7], "1 thread waits"),
        ([7, 7], "2 threads wait"),
        ([9], "1 task waits"),
        ([9, 9], "2 tasks wait"),
        ([7, 9], "2 threads and tasks wait"),
    ],
)
def test_who_waits_are_threads_or_tasks(actors: list[int], text: str) -> None:
    waits = [Wait(n, 1, Mode.EXCLUSIVE, actor, (), 0) for n, actor in enumerate(actors)]
    assert waiters(SNAPSHOT, waits, "waits", "wait") == text
