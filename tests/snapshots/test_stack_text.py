from __future__ import annotations

from locktrace.model import Hold, Mode, Process, Site, Wait
from locktrace.snapshots.source import Source
from locktrace.snapshots.stack_text import lock_frames, stack_lines

TOOK = Site("/app/a.py", 3, "work")
LATER = Site("/app/a.py", 8, "work")
CALLER = Site("/app/b.py", 5, "main")


def hold(returned=False):
    return Hold(1, 1, Mode.EXCLUSIVE, 2, (TOOK,), 0, returned=returned)


def wait(site):
    return Wait(1, 1, Mode.EXCLUSIVE, 2, (site,), 0)


def test_the_function_that_holds_is_marked_where_it_is_now():
    assert lock_frames((LATER, CALLER), [hold()], []) == {0}


def test_of_a_recursive_function_the_innermost_call_is_marked():
    assert lock_frames((LATER, LATER, CALLER), [hold()], []) == {0}


def test_a_later_call_of_a_function_that_returned_holding_is_not_marked():
    assert lock_frames((LATER, CALLER), [hold(returned=True)], []) == set()


def test_a_wait_is_marked_at_its_very_line():
    assert lock_frames((TOOK, CALLER), [], [wait(TOOK)]) == {0}
    assert lock_frames((LATER, CALLER), [], [wait(TOOK)]) == set()


def test_a_very_deep_stack_is_cut_and_says_so():
    stack = tuple(Site("/app/a.py", n, "f") for n in range(1, 101))
    lines = stack_lines(stack, {0}, Source(Process(1, 0.0, "", "", ())), 80, "  ")
    assert len(lines) == 25
    assert lines[0] == "  > app/a.py:1   f"
    assert lines[-1] == "    … and 76 more frames"
