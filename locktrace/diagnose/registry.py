"""The detectors, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping

from locktrace.diagnose import (
    deadlock,
    disagreement,
    finalizer_reentry,
    leaked_lock,
    lock_order,
    long_hold,
    pending_writer,
    recursive_read,
    self_deadlock,
    stall,
    unresponsive,
)
from locktrace.diagnose.case import Detector

DETECTORS: Mapping[str, Detector] = {
    unresponsive.KIND: unresponsive.detect,
    finalizer_reentry.KIND: finalizer_reentry.detect,
    self_deadlock.KIND: self_deadlock.detect,
    deadlock.KIND: deadlock.detect,
    pending_writer.KIND: pending_writer.detect,
    stall.KIND: stall.detect,
    long_hold.KIND: long_hold.detect,
    leaked_lock.KIND: leaked_lock.detect,
    recursive_read.KIND: recursive_read.detect,
    lock_order.KIND: lock_order.detect,
    disagreement.KIND: disagreement.detect,
}

KINDS = frozenset(DETECTORS)

AT_THE_END = frozenset({leaked_lock.KIND, lock_order.KIND, recursive_read.KIND})
"""Kinds that the last picture of an ended process shows: what nobody will put right any more."""

EXPLANATIONS = frozenset(
    {
        deadlock.KIND,
        finalizer_reentry.KIND,
        pending_writer.KIND,
        self_deadlock.KIND,
        stall.KIND,
    }
)
"""Kinds that say why a lock is waited for; a stall or a long hold of it is then no news.

A leak is not among them: what it does to those who wait is worth its own sentence.
"""
