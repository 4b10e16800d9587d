"""A lock that came from another process is called what it is called where it was made."""

from __future__ import annotations

from dataclasses import replace

from locktrace.family.introductions import Introductions
from locktrace.model import Lock, Process, Site, Snapshot

MADE = Lock(1, "multiprocessing.Event", "Shop.open", Site("/srv/shop.py", 3, "Shop"), os_id="0:1:7")
RECEIVED = Lock(9, "multiprocessing.Semaphore", "multiprocessing.Semaphore from another process",
                os_id="0:1:7")  # fmt: skip


def picture(lock: Lock) -> Snapshot:
    return Snapshot(Process(1, 0.0, "", "c", ()), 0, 0.0, locks={lock.id: lock})


def test_name_kind_and_place_are_those_of_its_maker_also_when_that_is_gone() -> None:
    introductions = Introductions()
    assert introductions.dress(picture(RECEIVED)).locks == {9: RECEIVED}
    introductions.dress(picture(MADE))
    dressed = introductions.dress(picture(RECEIVED)).locks[9]
    assert dressed == replace(
        RECEIVED, name="Shop.open", kind="multiprocessing.Event", created_at=MADE.created_at
    )


def test_a_stranger_stays_one() -> None:
    introductions = Introductions()
    introductions.dress(picture(MADE))
    stranger = replace(RECEIVED, os_id="0:1:8")
    assert introductions.dress(picture(stranger)).locks == {9: stranger}
