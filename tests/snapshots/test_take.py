from __future__ import annotations

from dataclasses import replace

import pytest

from locktrace.errors import TargetLostError
from locktrace.model import Actor, Site, Snapshot, ThreadStack
from locktrace.snapshots.document import to_document
from locktrace.snapshots.loading import from_document
from locktrace.snapshots.stacks import Stacks
from locktrace.snapshots.take import take

STACK = ThreadStack(5001, "Thread-1", (Site("/app/a.py", 1, "f"),))


def refuse(process):
    return Stacks(note="py-spy may not look.")


def test_the_stacks_of_a_real_process_are_joined_under_the_ledgers_names(visible_target):
    snapshot = Snapshot(visible_target, 1, 1_795_446_181.0)
    native_id = next(t.native_id for t in take(snapshot, ()).threads if t.name == "worker-1")
    named = replace(snapshot, actors={7: Actor(7, "query handler", native_id=native_id)})
    stall = take(named, ())
    assert (stall.stacks_from, stall.stacks_note) == ("py-spy", "")
    assert {thread.name for thread in stall.threads} == {"query handler", "MainThread"}
    assert stall.id == f"20261123-150301-{visible_target.pid}"
    assert from_document(to_document(stall)) == stall


def test_the_agents_stacks_stand_in_and_the_note_says_why(stall):
    taken = take(
        stall.snapshot, stall.findings, agent_stacks=lambda: [STACK], outside_stacks=refuse
    )
    assert (taken.stacks_from, taken.stacks_note) == ("agent", "py-spy may not look.")
    assert taken.threads == (replace(STACK, name="worker-1"),)


def test_py_spy_that_can_look_is_not_second_guessed(stall):
    taken = take(
        stall.snapshot,
        (),
        agent_stacks=lambda: pytest.fail("the agent was asked"),
        outside_stacks=lambda process: Stacks((STACK,)),
    )
    assert taken.stacks_from == "py-spy"


@pytest.mark.parametrize("error", [TargetLostError("gone"), BrokenPipeError()])
def test_without_any_stacks_the_ledger_and_findings_are_still_kept(stall, error):
    def lost():
        raise error

    taken = take(stall.snapshot, stall.findings, agent_stacks=lost, outside_stacks=refuse)
    assert (taken.stacks_from, taken.threads) == ("none", ())
    assert taken.findings == stall.findings
    assert take(stall.snapshot, (), outside_stacks=refuse).stacks_from == "none"
