"""The detectors, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping

from locktrace.diagnose import (
    convoy,
    cross_thread_release,
    deadlock,
    disagreement,
    event_loop_blocked,
    executor_starvation,
    finalizer_reentry,
    held_across_fork,
    held_at_exit,
    held_while_blocking,
    leaked_lock,
    lock_order,
    long_hold,
    lost_wakeup,
    pending_writer,
    recursive_read,
    self_deadlock,
    stall,
    unresponsive,
    writer_starvation,
)
from locktrace.diagnose.case import Detector

DETECTORS: Mapping[str, Detector] = {
    module.KIND: module.detect
    for module in (
        unresponsive,
        finalizer_reentry,
        self_deadlock,
        executor_starvation,
        deadlock,
        writer_starvation,
        pending_writer,
        held_across_fork,
        event_loop_blocked,
        lost_wakeup,
        stall,
        held_while_blocking,
        convoy,
        long_hold,
        leaked_lock,
        held_at_exit,
        recursive_read,
        lock_order,
        cross_thread_release,
        disagreement,
    )
}

KINDS = frozenset(DETECTORS)

EXPLANATIONS = frozenset(
    {
        deadlock.KIND,
        executor_starvation.KIND,
        event_loop_blocked.KIND,
        finalizer_reentry.KIND,
        lost_wakeup.KIND,
        pending_writer.KIND,
        self_deadlock.KIND,
        stall.KIND,
        writer_starvation.KIND,
    }
)
"""Kinds that say why a lock is waited for; a stall or a long hold of it is then no news.

A leak is not among them: what it does to those who wait is worth its own sentence.
"""

AT_THE_END = frozenset(
    {
        cross_thread_release.KIND,
        held_across_fork.KIND,
        held_at_exit.KIND,
        held_while_blocking.KIND,
        leaked_lock.KIND,
        lock_order.KIND,
        recursive_read.KIND,
    }
)
"""Kinds that the last picture of an ended process shows: what nobody will put right any more."""
