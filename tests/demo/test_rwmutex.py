"""RWMutex, one behaviour at a time."""

from __future__ import annotations

import threading

import pytest

from locktrace_demo.rwmutex import RWMutex
from tests.support import PATIENCE_S


@pytest.fixture
def mutex():
    return RWMutex()


@pytest.fixture
def in_thread():
    """Start a function in a daemon thread, whose end tells that the function has returned."""

    def start(function):
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        return thread

    return start


@pytest.fixture
def waiting(mutex, until):
    """Wait until so many readers wait, and so many writers wait or hold."""

    def wait(readers=0, writers=0):
        until(
            lambda: (
                mutex._waiting_readers == readers
                and mutex._next_ticket - mutex._served_ticket == writers
            )
        )

    return wait


def test_readers_do_not_exclude_readers(mutex):
    mutex.r_lock()
    mutex.r_lock()
    assert mutex.try_r_lock()


def test_a_writer_excludes_readers_and_writers(mutex):
    mutex.lock()
    assert not mutex.try_r_lock()
    assert not mutex.try_lock()


def test_a_reader_excludes_writers(mutex):
    mutex.r_lock()
    assert not mutex.try_lock()


def test_a_failed_try_changes_nothing(mutex):
    mutex.lock()
    mutex.try_lock()
    mutex.try_r_lock()
    mutex.unlock()
    assert mutex.try_lock()


def test_a_writer_waits_for_the_last_reader(mutex, in_thread, waiting):
    mutex.r_lock()
    mutex.r_lock()
    writer = in_thread(mutex.lock)
    waiting(writers=1)
    mutex.r_unlock()
    assert writer.is_alive()
    mutex.r_unlock()
    writer.join(PATIENCE_S)
    assert not writer.is_alive()


def test_a_pending_writer_excludes_new_readers(mutex, in_thread, waiting):
    mutex.r_lock()
    in_thread(mutex.lock)
    waiting(writers=1)
    assert not mutex.try_r_lock()
    in_thread(mutex.r_lock)
    waiting(readers=1, writers=1)


def test_reading_twice_deadlocks_once_a_writer_is_pending(mutex, in_thread, waiting):
    mutex.r_lock()
    in_thread(mutex.lock)
    waiting(writers=1)
    again = in_thread(mutex.r_lock)
    waiting(readers=1, writers=1)
    assert again.is_alive()


def test_unlock_lets_all_waiting_readers_in_before_the_next_writer(mutex, in_thread, waiting):
    mutex.lock()
    readers = [in_thread(mutex.r_lock) for _ in range(3)]
    waiting(readers=3, writers=1)
    writer = in_thread(mutex.lock)
    waiting(readers=3, writers=2)
    mutex.unlock()
    for reader in readers:
        reader.join(PATIENCE_S)
        assert not reader.is_alive()
    assert writer.is_alive()
    for _ in readers:
        mutex.r_unlock()
    writer.join(PATIENCE_S)
    assert not writer.is_alive()


def test_a_reader_that_comes_after_the_unlock_waits_for_the_next_writer(mutex, in_thread, waiting):
    mutex.lock()
    in_thread(mutex.r_lock)
    in_thread(mutex.lock)
    waiting(readers=1, writers=2)
    mutex.unlock()
    assert not mutex.try_r_lock()


def test_writers_are_served_in_the_order_in_which_they_asked(mutex, in_thread, waiting):
    served = []

    def write(number):
        mutex.lock()
        served.append(number)
        mutex.unlock()

    mutex.lock()
    threads = []
    for number in range(4):
        threads.append(in_thread(lambda number=number: write(number)))
        waiting(writers=2 + number)
    mutex.unlock()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert served == [0, 1, 2, 3]


def test_unlock_of_an_unlocked_mutex_raises(mutex):
    with pytest.raises(RuntimeError, match="not locked"):
        mutex.unlock()


def test_unlock_of_a_read_locked_mutex_raises(mutex):
    mutex.r_lock()
    with pytest.raises(RuntimeError, match="not locked"):
        mutex.unlock()


@pytest.mark.parametrize("take", ["lock", "try_lock"])
def test_r_unlock_without_a_read_lock_raises(mutex, take):
    getattr(mutex, take)()
    with pytest.raises(RuntimeError, match="not read-locked"):
        mutex.r_unlock()


def test_a_wrong_release_leaves_the_mutex_usable(mutex):
    for release in (mutex.unlock, mutex.r_unlock):
        with pytest.raises(RuntimeError):
            release()
    assert mutex.try_lock()


def test_nobody_owns_it_so_another_thread_may_unlock(mutex, in_thread):
    mutex.lock()
    in_thread(mutex.unlock).join(PATIENCE_S)
    mutex.r_lock()
    in_thread(mutex.r_unlock).join(PATIENCE_S)
    assert mutex.try_lock()


def test_no_increment_under_the_write_lock_is_lost(mutex):
    """Eight threads read and write one number at once."""
    box = {"value": 0}
    torn = []

    def work():
        for _ in range(200):
            mutex.lock()
            value = box["value"]
            box["half"] = value + 1
            box["value"] = value + 1
            mutex.unlock()
            mutex.r_lock()
            if box["half"] != box["value"]:
                torn.append(dict(box))
            mutex.r_unlock()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert box["value"] == 1600
    assert not torn
