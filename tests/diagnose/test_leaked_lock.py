from __future__ import annotations

from locktrace.model import Mode


def test_an_exclusive_lock_of_a_function_that_has_returned_is_leaked(world):
    world.lock("cache").hold("worker-3", age=4.2, at="Cache.put", returned=True)
    finding = world.finding("leaked-lock")
    assert finding.severity == "error"
    assert finding.message == (
        "cache was taken by worker-3 in Cache.put (work.py:10) 4.2 s ago and is still held, "
        "although that function has returned."
    )


def test_a_lock_of_a_thread_that_has_ended_is_leaked(world):
    world.lock("cache").hold("worker-3", age=4.2)
    world.end("worker-3")
    assert world.finding("leaked-lock").message.endswith("although that thread has ended.")


def test_readers_whose_threads_have_all_ended_are_told_so(world):
    world.rwlock("table").read("q1", "q2", "q3", returned=True)
    world.end("q1", "q2", "q3")
    assert "3 read locks" in world.finding("leaked-lock").message
    assert "although those threads have ended" in world.finding("leaked-lock").message


def test_each_site_that_leaks_is_a_finding_of_its_own(world):
    lock = world.rwlock("table").read("t1", "t2", at="lookup", returned=True)
    lock.read("t3", age=9, at="refresh", returned=True)
    assert [finding.count for finding in world.findings()] == [1, 2]


def test_holds_still_answered_for_are_not_counted_with_the_leaked(world):
    world.rwlock("table").read("t1", returned=True).read("t2", "t3")
    assert world.finding("leaked-lock").message.startswith("table: 1 read lock taken in read")


def test_a_leak_that_was_too_long_to_list_says_at_least(world):
    world.rwlock("table", unlisted=900).read("t1", "t2", returned=True)
    assert world.finding("leaked-lock").message.startswith("table: at least 2 read locks")


def test_a_condition_whose_lock_is_leaked_is_told_by_its_lock(world):
    world.lock("ready", "Condition")
    world.lock("ready lock", "RLock", inside="ready").hold("t1", returned=True)
    assert world.lock_names(world.finding("leaked-lock")) == ["ready lock"]


def test_the_label_at_the_acquire_is_told(world):
    world.lock("cache").hold("worker-3", returned=True, label="query beta.example. A")
    assert "taken by worker-3 (query beta.example. A) in" in world.finding("leaked-lock").message


def test_many_threads_are_counted_but_not_all_listed(world):
    world.rwlock("table").read(*(f"q{n}" for n in range(500)), returned=True)
    finding = world.finding("leaked-lock")
    assert (finding.count, len(finding.actors)) == (500, 10)


def test_a_hold_that_is_only_likely_is_a_doubtful_leak(world):
    world.lock("cache").hold("worker-3", age=4.2, at="Cache.put", returned=True, likely=True)
    finding = world.finding("leaked-lock")
    assert (finding.severity, finding.certainty) == ("warning", "likely held by")
    assert finding.message == (
        "cache was likely taken by worker-3 in Cache.put (work.py:10) over 4.2 s ago, before "
        "tracing began, and no release was seen, although that function has returned."
    )


def test_what_is_only_likely_says_nothing_beside_what_is_certain_of_its_site(world):
    lock = world.rwlock("table").read("t1", at="lookup", returned=True)
    lock.hold("t2", mode=Mode.SHARED, at="lookup", returned=True, likely=True)
    finding = world.finding("leaked-lock")
    assert (finding.severity, finding.count) == ("error", 1)
