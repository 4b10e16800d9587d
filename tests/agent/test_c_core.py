"""What only the C core does, checked inside processes of every CPython on the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.agent.conftest import NEEDS_C_CORE
from tests.support import PATIENCE_S, TARGETS, environment

pytestmark = NEEDS_C_CORE

CHECKS = {
    "appearance": [
        "pointers_are_restored",
        "everything_looks_as_before",
        "a_lock_that_is_taken_without_its_method_is_as_one_that_the_method_takes",
        "a_lock_that_is_waited_for_without_its_method_is_as_one_that_the_method_waits_for",
        "a_method_in_c_is_as_the_python_one",
        "a_constructor_in_c_is_as_the_python_one",
        "a_wait_in_c_is_as_the_python_one",
        "other_interpreters_are_left_alone",
        "a_metaclass_may_tell_what_it_likes_of_its_subclasses",
    ],
    "intrusion": [
        "calls_in_flight_survive_disarming_and_arming_again",
        "a_forked_child_goes_on_with_its_own_thread",
        "who_waited_for_another_thread_s_lock_is_no_ghost_in_a_forked_child",
        "a_method_that_comes_back_when_tracing_has_ended_leaves_nothing",
        "a_release_that_fails_while_tracing_is_ended_leaves_nothing",
    ],
    "listing": [
        "a_lock_of_before_is_traced_and_told_of_once_somebody_waits",
        "a_lock_of_before_is_told_of_once_it_is_held_for_long",
        "who_waits_for_a_condition_blocks_in_its_waiter_s_lock",
        "a_new_lock_at_an_old_address_is_a_new_lock",
        "who_has_ended_is_forgotten_once_observers_know",
        "the_end_of_a_lock_is_told_to_who_has_seen_it_in_a_picture",
        "the_end_of_every_lock_that_goes_while_it_is_held_is_told",
        "ids_go_on_in_the_widest_gap_that_the_living_leave",
        "threading_s_own_locks_are_no_noise",
        "a_place_is_told_after_tens_of_thousands_of_ways_to_others",
        "a_thread_that_ends_holding_is_told_as_ended",
        "what_a_thread_without_frames_has_left_locked_is_held_and_waited_for",
        "an_rlock_whose_owner_has_ended_stays_held",
    ],
    "memory": [
        "a_million_locks_leave_memory_where_it_was",
        "a_million_locks_leave_memory_where_it_was_while_somebody_observes",
        "a_live_lock_costs_at_most_256_bytes",
        "a_lock_that_was_held_for_long_and_waited_for_costs_at_most_256_bytes",
        "what_is_counted_very_often_gets_more_room_for_its_counts",
        "threads_that_end_leave_nothing",
    ],
    "ownership": [
        "nothing_is_leaked_or_freed_too_often",
        "a_finalizer_may_take_a_traced_lock_inside_any_of_our_functions",
        "others_come_back_while_a_found_wait_is_ended",
    ],
    "semlocks": [
        "each_kind_is_held_as_what_it_is",
        "compounds_are_named_as_their_users_know_them",
        "everything_looks_as_before",
        "a_lock_of_before_is_traced",
        "imported_later",
        "what_another_process_releases_is_held_no_longer",
        "messages_are_not_held",
        "a_forked_child_holds_nothing_of_its_parent_s",
        "a_wait_for_another_process_is_shown",
        "a_lock_got_by_name_is_the_same_to_the_system",
        "a_lock_given_back_by_another_process_is_known_there_as_handed_over",
        "a_forked_child_counts_anew",
        "each_semaphore_has_a_file_of_its_own_whatever_its_name",
        "who_reads_a_queue_waits_for_it",
    ],
}


IN_NEW_PROCESSES = {
    "memory": CHECKS["memory"],
    "ownership": CHECKS["ownership"],
    "semlocks": ["imported_later"],
}
"""What a child cannot check that was forked for it: it has its parent's memory and modules."""


def said(python: str, file: str, *names: str) -> tuple[str, str]:
    """On stdout and on stderr; without a name, the names of all checks."""
    done = subprocess.run(
        [python, "-X", "faulthandler", str(TARGETS / "c_core" / f"{file}.py"), *names],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    "file", [file for file in CHECKS if CHECKS[file] != IN_NEW_PROCESSES.get(file)]
)
def test_in_children_of_one_process(python: str, file: str) -> None:
    names = [name for name in CHECKS[file] if name not in IN_NEW_PROCESSES.get(file, [])]
    out, errors = said(python, file, *names)
    failed = [line for line in out.splitlines() if not line.endswith(" 0")]
    assert (failed, len(out.splitlines())) == ([], len(names)), errors


@pytest.mark.parametrize(
    ("file", "name"), [(file, name) for file, names in IN_NEW_PROCESSES.items() for name in names]
)
def test_in_a_process_of_its_own(python: str, file: str, name: str) -> None:
    out, errors = said(python, file, name)
    assert out == "ok\n", errors


def test_no_check_is_left_out() -> None:
    assert {file: said(sys.executable, file)[0].split() for file in CHECKS} == CHECKS
