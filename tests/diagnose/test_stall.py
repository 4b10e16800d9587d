from __future__ import annotations


def test_a_long_wait_names_the_holder_and_what_he_waits_for_himself(world):
    world.lock("A").hold("t1", age=8).wait("t2", age=4)
    world.lock("B").hold("t3", age=9).wait("t1", age=7)
    finding = next(f for f in world.findings("stall") if world.lock_names(f) == ["A"])
    assert (finding.severity, finding.certainty) == ("error", "held by")
    assert finding.message == (
        "t2 has waited 4.0 s for A in want (work.py:20); held by t1, who took it 8.0 s ago in "
        "take (work.py:10) and now waits for B."
    )


def test_all_who_wait_are_counted_and_the_longest_is_named(world):
    world.lock("A").hold("t1", age=8).wait("t2", age=1).wait("t3", age=5)
    finding = world.finding("stall")
    assert finding.count == 2
    assert "2 threads wait for A; the longest is t3, for 5.0 s in want" in finding.message


def test_without_a_known_holder_nobody_is_blamed(world):
    world.lock("A").wait("t2", age=8)
    finding = world.finding("stall")
    assert (finding.severity, finding.certainty) == ("warning", "holder not found")
    assert "no holder is known (it may have been taken before tracing began)" in finding.message


def test_without_a_known_holder_the_places_that_take_it_are_told(world):
    world.lock("A", acquire_sites=["take", "Cache.put"]).wait("t2", age=8)
    assert world.finding("stall").message.endswith(
        "(it may have been taken before tracing began); the code takes it in take (work.py:10) and "
        "Cache.put (work.py:20)."
    )


def test_of_many_places_that_take_it_the_first_are_told(world):
    world.lock("A", acquire_sites=[f"f{n}" for n in range(6)]).wait("t2", age=8)
    assert world.finding("stall").message.endswith("f3 (work.py:40) and elsewhere.")


def test_holds_that_were_only_counted_are_not_passed_over(world):
    world.rwlock("A", unlisted=12).wait("t2", age=8)
    assert "held 12 times, by whom was not recorded" in world.finding("stall").message


def test_a_thread_that_has_ended_was_the_last_to_hold(world):
    world.lock("A").hold("t1", age=8).wait("t2", age=4)
    world.end("t1")
    finding = world.finding("stall")
    assert finding.certainty == "last held by"
    assert "last held by t1, who took it" in finding.message
    assert "and has ended without releasing it" in finding.message


def test_readers_are_counted_so_their_holds_are_certain_though_they_have_ended(world):
    world.rwlock("table").read("t1", "t2").wait("writer")
    world.end("t1", "t2")
    finding = world.finding("stall")
    assert finding.certainty == "held by"
    assert "held by 2 readers from read (work.py:10), never released" in finding.message


def test_waiters_who_will_give_up_are_a_warning(world):
    world.lock("A").hold("t1").wait("t2", timed=True)
    assert world.finding("stall").severity == "warning"


def test_a_semaphore_whose_permits_others_keep_is_a_warning(world):
    world.lock("connections", "Semaphore").hold("t1", "t2", age=60).wait("t3", age=30)
    finding = world.finding("stall")
    assert finding.severity == "warning"
    assert "t3 has waited 30.0 s for connections in want" in finding.message
    assert "held by 2 permits taken in take (work.py:10)" in finding.message


def test_a_semaphore_whose_permits_are_all_kept_by_those_who_want_more_is_a_warning(world):
    world.lock("connections", "Semaphore").hold("t1", "t2", age=60).wait("t1", "t2", age=30)
    finding = world.finding("stall")
    assert finding.severity == "warning"
    assert "held by 2 permits taken in take (work.py:10)" in finding.message


def test_a_holder_who_waits_for_an_event_waits_for_it_and_does_not_read_it(world):
    world.lock("A").hold("t1", age=8).wait("t2")
    world.lock("data came", "Event").wait("t1", age=7)
    told = world.finding("stall").message
    assert "and now waits for data came. If who is to tell it needs A first, nobody goes on" in told


def test_a_lock_with_a_better_explanation_is_not_called_a_stall(world):
    world.lock("A").hold("t1").wait("t2", "t3", "t4")
    world.lock("B").hold("t2").wait("t1")
    assert world.kinds() == ["deadlock"]


def test_the_reacquire_after_a_notify_is_a_wait_like_any_other(world):
    world.lock("ready", "Condition").wait("consumer", age=60)
    world.lock("ready lock", "RLock", inside="ready").hold("producer", age=8).wait(
        "consumer", age=7
    )
    assert world.lock_names(world.finding("stall")) == ["ready lock"]


def test_a_future_of_no_pool_that_somebody_may_still_resolve(world):
    world.lock("reply", "Future").wait("main", age=5)
    finding = world.finding("stall")
    assert finding.severity == "info"
    assert "nobody is known to work on it" in finding.message


def test_a_future_that_somebody_works_on_is_waited_for_as_long_as_it_takes(world):
    world.lock("reply", "Future").hold("worker", age=9).wait("main", age=8)
    assert world.findings() == ()


def test_a_ring_that_is_too_young_to_be_told_is_no_stall_meanwhile(world):
    world.lock("A").hold("t1", age=8).wait("t2", age=4)
    world.lock("B").hold("t2", age=8).wait("t1", age=0.5)
    assert world.findings() == ()


def test_permits_of_threads_that_have_ended_are_told_as_such(world):
    world.lock("slots", "Semaphore").hold("t1", "t2", age=8, returned=True).wait("t3")
    world.end("t1", "t2")
    told = world.finding("stall").message
    assert told.endswith("2 permits taken in take (work.py:10), by threads that have ended since.")


def test_what_those_wait_for_who_have_the_permits_is_told(world):
    world.lock("slots", "Semaphore").hold("t1", age=8).wait("t3")
    world.lock("worker", "Thread").hold("t9", age=9).wait("t1", age=7)
    assert world.finding("stall").message.endswith(
        "1 permit taken in take (work.py:10), of which t1 now waits for worker."
    )
