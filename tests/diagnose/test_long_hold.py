from __future__ import annotations


def test_a_lock_held_for_very_long_is_worth_a_remark(world):
    world.lock("single instance").hold("main", age=90, at="run")
    finding = world.finding("long-hold")
    assert finding.severity == "info"
    assert finding.message == (
        "single instance: main has held it for 1 min 30 s, taken in run (work.py:10); nobody "
        "waits for it."
    )


def test_it_is_a_warning_when_somebody_waits(world):
    world.lock("A").hold("t1", age=90).wait("t2", age=1)
    finding = world.finding("long-hold")
    assert finding.severity == "warning"
    assert finding.message.endswith("1 thread waits for it.")


def test_it_gives_way_to_the_stall_that_it_causes(world):
    world.lock("A").hold("t1", age=90).wait("t2", age=4)
    assert world.kinds() == ["stall"]


def test_it_gives_way_to_the_leak_that_it_is(world):
    world.lock("A").hold("t1", age=90, returned=True)
    assert world.kinds() == ["leaked-lock"]


def test_readers_of_one_site_are_one_remark(world):
    world.rwlock("table").read("t1", age=90).read("t2", age=30).read("t3", age=2)
    finding = world.finding("long-hold")
    assert finding.count == 2
    assert "2 readers from read (work.py:10) hold it, the oldest, t1, for 1 min 30 s" in (
        finding.message
    )


def test_the_inner_lock_of_a_compound_is_told_by_the_compound_alone(world):
    world.rwlock("table").hold("t1", age=90)
    world.lock("table's mutex", inside="table").hold("t1", age=90)
    assert world.lock_names(world.finding("long-hold")) == ["table"]
