from __future__ import annotations

from itertools import pairwise

import pytest

from locktrace.diagnose import Confirmer, diagnose
from tests.support import observed, running, until

KIND = "lock-order-inversion"


def test_two_threads_that_took_two_locks_in_both_orders_one_after_the_other(world):
    world.run("teller", "+accounts", "+journal", "-journal", "-accounts", at="transfer")
    world.run("auditor", "+journal", "+accounts", "-accounts", "-journal", at="audit", age=30)
    finding = world.finding(KIND)
    assert (finding.severity, finding.certainty) == ("warning", "held by")
    assert finding.message == (
        "accounts and journal are taken in both orders: teller took journal in transfer "
        "(work.py:11) while it held accounts, taken in transfer (work.py:10); auditor took "
        "accounts in audit (work.py:21) while it held journal, taken in audit (work.py:20). Done "
        "at the same time, neither can go on."
    )
    assert world.lock_names(finding) == ["accounts", "journal"]
    assert world.names(finding) == ["teller", "auditor"]
    assert [hold.site.line for hold in finding.past] == [10, 11, 20, 21]


def test_it_needs_no_second_look_and_is_new_once(world):
    world.run("a", "+A", "+B", "-B", "-A")
    world.run("b", "+B", "+A", "-A", "-B")
    confirmer = Confirmer()
    assert [f.kind for f in confirmer.look(world.look(), diagnose(world.look())).new] == [KIND]
    assert confirmer.look(world.look(1), diagnose(world.look(1))).new == ()


@pytest.mark.parametrize("size", [3, 5, 40])
def test_a_ring_of_any_length_is_found_once(world, size):
    for n in range(size):
        one, other = f"L{n}", f"L{(n + 1) % size}"
        world.run(f"t{n}", f"+{one}", f"+{other}", f"-{other}", f"-{one}", age=600 - n)
    assert len(world.finding(KIND).locks) == size


def test_a_ring_through_locks_held_on_the_way_is_told_by_its_shortest_form(world):
    world.run("a", "+A", "+B", "+C", "-C", "-B", "-A")
    world.run("b", "+C", "+A", "-A", "-C")
    assert world.lock_names(world.finding(KIND)) == ["A", "C"]


def test_both_orders_by_one_thread_are_none(world):
    world.run("a", "+A", "+B", "-B", "-A", "+B", "+A", "-A", "-B")
    assert world.findings() == ()


def test_both_orders_under_a_common_lock_are_none(world):
    world.run("a", "+gate", "+A", "+B", "-B", "-A", "-gate")
    world.run("b", "+gate", "+B", "+A", "-A", "-B", "-gate")
    assert world.findings() == ()


def test_a_gate_taken_between_the_two_keeps_them_apart_as_well(world):
    world.run("a", "+A", "+gate", "+B", "-B", "-gate", "-A")
    world.run("b", "+gate", "+B", "+A", "-A", "-B", "-gate")
    assert [f for f in world.findings(KIND) if world.lock_names(f) == ["A", "B"]] == []


def test_a_gate_that_is_passed_by_once_is_none(world):
    world.run("a", "+gate", "+A", "+B", "-B", "-A", "-gate")
    world.run("b", "+gate", "+B", "+A", "-A", "-B", "-gate")
    world.run("c", "+B", "+A", "-A", "-B", at="shortcut")
    finding = world.finding(KIND)
    assert {hold.site.function for hold in finding.past} == {"work", "shortcut"}


def test_a_gate_that_is_only_read_keeps_nobody_apart(world):
    world.rwlock("gate")
    world.run("a", "r+gate", "+A", "+B", "-B", "-A", "-gate")
    world.run("b", "r+gate", "+B", "+A", "-A", "-B", "-gate")
    assert len(world.findings(KIND)) == 1


def test_two_that_only_read_are_none_and_one_that_writes_is_not_enough(world):
    world.rwlock("A")
    world.rwlock("B")
    world.run("a", "r+A", "r+B", "-B", "-A")
    world.run("b", "r+B", "r+A", "-A", "-B")
    assert world.findings() == ()
    world.run("c", "+B", "r+A", "-A", "-B")
    assert world.findings() == ()
    world.run("d", "+B", "+A", "-A", "-B")
    assert len(world.findings(KIND)) == 1


def test_what_is_only_tried_closes_no_ring_but_may_begin_one(world):
    world.run("a", "+A", "+B", "-B", "-A")
    world.run("b", "+B", "?A", "-A", "-B")
    assert world.findings() == ()
    world.run("c", "?B", "+A", "-A", "-B")
    assert len(world.findings(KIND)) == 1


def test_locks_of_one_line_are_one_class_and_others_of_it_are_information(world):
    for name in ("Node.lock", "Node.lock #2", "Edge.lock", "Edge.lock #2"):
        world.lock(name)
    world.run("a", "+Node.lock", "+Edge.lock", "-Edge.lock", "-Node.lock")
    world.run("b", "+Edge.lock #2", "+Node.lock #2", "-Node.lock #2", "-Edge.lock #2")
    finding = world.finding(KIND)
    assert finding.severity == "info"
    assert "if they ever are the same objects" in finding.message


def test_hand_over_hand_along_a_list_is_none_and_against_its_direction_is_one(world):
    names = ["Node.lock", *(f"Node.lock #{n}" for n in range(2, 6))]
    for first, second in pairwise(names):
        world.run("a", f"+{first}", f"+{second}", f"-{first}", f"-{second}")
        world.run("b", f"+{first}", f"+{second}", f"-{first}", f"-{second}")
    assert world.findings() == ()
    world.run("c", f"+{names[2]}", f"+{names[1]}", f"-{names[1]}", f"-{names[2]}")
    assert world.finding(KIND).severity == "warning"


@pytest.mark.parametrize("kind", ["Semaphore", "Condition", "Queue", "Future"])
def test_what_nobody_locks_others_out_with_has_no_order(world, kind):
    world.lock("A", kind)
    world.run("a", "+A", "+B", "-B", "-A")
    world.run("b", "+B", "+A", "-A", "-B")
    assert world.findings() == ()


def test_a_lock_that_is_handed_over_keeps_nobody_waiting_for_its_holder(world):
    world.lock("A", foreign_releases=1)
    world.run("a", "+A", "+B", "-B", "-A")
    world.run("b", "+B", "+A", "-A", "-B")
    assert world.findings() == ()


def test_inner_locks_are_told_by_their_compound(world):
    world.rwlock("table")
    world.lock("table's mutex", inside="table")
    world.run("a", "+table's mutex", "+A", "-A", "-table's mutex")
    world.run("b", "+A", "+table's mutex", "-table's mutex", "-A")
    assert world.findings() == ()


def test_a_hold_that_was_left_behind_nests_nothing(world):
    world.run("a", "+A")
    (left,) = world.past._order._mine[world.actor("a")]
    world.past.left_behind(left)
    world.run("a", "+B", "-B")
    world.run("b", "+B", "+A", "-A", "-B")
    assert world.findings() == ()


def test_locks_that_are_gone_are_told_by_the_names_they_had(world):
    world.run("a", "+A", "+B", "-B", "-A")
    world.run("b", "+B", "+A", "-A", "-B")
    world.look()
    for name in ("A", "B"):
        world.past.forget(world.locks[name].id, world.locks.pop(name))
    (finding,) = world.findings(KIND)
    assert finding.message.startswith("A and B are taken in both orders")
    assert finding.sites[-1].role == "creator"


def test_a_thousand_classes_in_one_knot_are_searched_in_bounded_time(world):
    for n in range(60):
        for m in range(0, 60, 7):
            if n != m:
                world.run(f"t{n}", f"+L{n}", f"+L{m}", f"-L{m}", f"-L{n}")
    assert world.findings(KIND)


def test_a_program_in_which_it_went_well(python: str) -> None:
    with running("order_inversion", python=python) as target, observed(target) as session:
        target.expect("ready")
        target.tell("go")
        view = until(session, lambda v: any(f.kind == KIND for f in v.findings), KIND)
    [finding] = [f for f in view.findings if f.kind == KIND]
    assert "auditor took Bank.accounts in Bank.audit" in finding.message
    assert "teller took Bank.journal in Bank.transfer" in finding.message
    assert finding.severity == "warning"


@pytest.mark.parametrize("core", ["c", "py"])
@pytest.mark.parametrize("innocent", ["--gate", "--same-thread", "--try"])
def test_programs_in_which_it_could_not_go_wrong(innocent: str, core: str) -> None:
    with running("order_inversion", innocent, LOCKTRACE_CORE=core) as target:
        target.expect("ready")
        with observed(target) as session:
            target.tell("go")
            target.expect("done")
            for _ in range(10):
                view = session.poll(0.1)
    assert view.snapshot.history.nestings
    assert KIND not in {f.kind for f in view.findings}
