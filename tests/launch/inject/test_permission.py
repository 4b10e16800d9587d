"""Why ptrace is refused is told with the exact remedy for each cause."""

from __future__ import annotations

import dataclasses

import pytest

from locktrace.launch.inject.permission import Circumstances, explain

OURS = Circumstances(
    pid=42, uid=1000, our_uid=1000, tracer=0, tracer_name="", capable=False, yama=0
)


@pytest.mark.parametrize(
    ("changed", "reason", "remedy"),
    [
        ({"tracer": 7, "tracer_name": "gdb"}, "being traced by gdb (pid 7)", "end that one first"),
        ({"our_uid": 1001}, "belongs to another user (uid 1000)", "`sudo locktrace attach 42`"),
        ({"yama": 1}, "ptrace_scope is 1", "`sudo sysctl kernel.yama.ptrace_scope=0`"),
        ({"yama": 2}, "ptrace_scope is 2", "run `sudo locktrace attach 42`"),
        ({"yama": 3, "our_uid": 0}, "forbids ptrace altogether", "start the program with"),
        ({"our_uid": 0}, "lacks CAP_SYS_PTRACE", "`--cap-add SYS_PTRACE`"),
        ({"our_uid": 0, "capable": True}, "this root trace process 42", "go in from there"),
        ({}, "may have changed its user", "`sudo locktrace attach 42`"),
    ],
)
def test_each_cause_has_its_remedy(changed: dict[str, object], reason: str, remedy: str) -> None:
    sentence = explain(dataclasses.replace(OURS, **changed))  # type: ignore[arg-type]
    assert reason in sentence
    assert remedy in sentence
    assert "\n" not in sentence


def test_root_needs_no_remedy_that_only_others_need() -> None:
    here = dataclasses.replace(OURS, our_uid=0, capable=True, yama=2)
    assert "sysctl" not in explain(here)
