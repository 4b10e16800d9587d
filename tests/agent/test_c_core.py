"""What only the C core does, checked inside processes of every CPython on the machine."""

from __future__ import annotations

import subprocess

import pytest

from tests.agent.conftest import NEEDS_C_CORE
from tests.support import PATIENCE_S, TARGETS, environment

pytestmark = NEEDS_C_CORE

CHECKS = [
    "pointers_are_restored",
    "everything_looks_as_before",
    "a_lock_of_before_is_traced_and_told_of_once_somebody_waits",
    "a_lock_of_before_is_told_of_once_it_is_held_for_long",
    "who_waits_for_a_condition_blocks_in_its_waiter_s_lock",
    "a_new_lock_at_an_old_address_is_a_new_lock",
    "a_million_locks_leave_memory_where_it_was",
    "a_million_locks_leave_memory_where_it_was_while_somebody_observes",
    "a_live_lock_costs_at_most_256_bytes",
    "a_lock_that_was_held_for_long_costs_at_most_256_bytes",
    "threads_that_end_leave_nothing",
    "nothing_is_leaked_or_freed_too_often",
    "a_finalizer_may_take_a_traced_lock_inside_any_of_our_functions",
    "calls_in_flight_survive_disarming_and_arming_again",
    "threading_s_own_locks_are_no_noise",
    "a_forked_child_goes_on_with_its_own_thread",
    "other_interpreters_are_left_alone",
    "a_thread_that_ends_holding_is_told_as_ended",
    "a_method_in_c_is_as_the_python_one",
]


@pytest.mark.parametrize("check", CHECKS)
def test_in_the_c_core(python: str, check: str) -> None:
    done = subprocess.run(
        [python, "-X", "faulthandler", str(TARGETS / "c_core_checks.py"), check],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("ok\n", 0), done.stderr
