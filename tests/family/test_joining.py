"""Locks that several processes share are one lock, and no other two ever are."""

from __future__ import annotations

from dataclasses import replace

from locktrace.diagnose import diagnose
from locktrace.family.apart import own_id
from locktrace.family.joining import Joint, join
from locktrace.family.remains import WITHOUT, remains
from locktrace.model import Lock
from tests.family.parts import held, lock, process, wanted


def named(joint: Joint, name: str) -> list[Lock]:
    return [each for each in joint.snapshot.locks.values() if each.name == name]


def test_what_the_system_says_is_one_lock_is_one_with_the_holds_and_waits_of_all() -> None:
    joint = join(
        [
            process(0, [lock(1, os_id="0:1:7")], holds=[held(1)]),
            process(1, [replace(lock(5, os_id="0:1:7"), acquisitions=3)], waits=[wanted(5)]),
        ]
    )
    [till] = named(joint, "main.till")
    assert joint.shared == {till.id: (0, 1)}
    assert till.acquisitions == 3
    [hold], [wait] = joint.snapshot.holds, joint.snapshot.waits
    assert hold.lock == wait.lock == till.id
    assert joint.snapshot.actors[hold.actor].name == "MainThread of process 100"
    assert joint.snapshot.actors[wait.actor].name == "MainThread of process 101"


def test_one_name_of_two_semaphores_joins_nothing_and_neither_does_no_identity() -> None:
    joint = join([process(0, [lock(1, os_id="0:1:7")]), process(1, [lock(1, os_id="0:1:8")])])
    assert len(named(joint, "main.till")) == 2
    assert not joint.shared
    assert not join([process(0, [lock(1)]), process(1, [lock(1)])]).shared


def test_a_ring_through_two_processes_is_a_deadlock() -> None:
    first = [lock(1, "main.till", "0:1:7"), lock(2, "main.stock", "0:1:8")]
    joint = join(
        [
            process(0, first, holds=[held(1)], waits=[wanted(2)]),
            process(1, first, holds=[held(2)], waits=[wanted(1)]),
        ]
    )
    [finding] = [f for f in diagnose(joint.snapshot) if f.kind == "deadlock"]
    assert "MainThread of process 100 holds main.till" in finding.message
    assert "MainThread of process 101 holds main.stock" in finding.message


def test_of_two_who_seem_to_hold_an_exclusive_lock_the_later_one_does() -> None:
    shared = [lock(1, os_id="0:1:7")]
    joint = join([process(0, shared, holds=[held(1, 9)]), process(1, shared, holds=[held(1, 2)])])
    [hold] = joint.snapshot.holds
    assert joint.members_of(hold.actor) == (1,)


def test_a_process_that_is_joined_is_held_by_its_main_thread() -> None:
    child = lock(3, "process worker (101)", "process 101", kind="Process")
    shared = lock(1, os_id="0:1:7")
    joint = join(
        [
            process(0, [shared, child], holds=[held(1)], waits=[wanted(3)]),
            process(1, [shared], waits=[wanted(1)]),
        ]
    )
    [finding] = [f for f in diagnose(joint.snapshot) if f.kind == "deadlock"]
    assert "MainThread of process 101, which has to end first, waits for main.till" in (
        finding.message
    )


def test_the_lock_of_a_killed_process_was_last_held_by_it() -> None:
    shared = [lock(1, os_id="0:1:7")]
    dead = remains(process(1, shared, holds=[held(1)], fate=WITHOUT))
    assert dead is not None
    joint = join([process(0, shared, waits=[wanted(1)]), dead])
    messages = {f.kind: f.message for f in diagnose(joint.snapshot)}
    assert "although that process has ended without a goodbye" in messages["leaked-lock"]
    assert "last held by MainThread of process 101" in messages["stall"]


def test_nothing_is_left_of_a_process_that_said_goodbye_and_held_nothing() -> None:
    shared = [lock(1, os_id="0:1:7")]
    assert remains(process(1, shared, fate="has ended")) is None
    assert remains(process(1, [lock(2)], holds=[held(2)], fate=WITHOUT)) is None


def test_an_id_of_the_family_gives_the_sessions_own() -> None:
    part = process(3, [lock(1)])
    assert [own_id(id) for id in part.snapshot.locks] == [1]
