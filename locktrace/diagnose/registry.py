"""The detectors, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Mapping

from locktrace.diagnose import (
    deadlock,
    leaked_lock,
    long_hold,
    pending_writer,
    self_deadlock,
    stall,
)
from locktrace.diagnose.case import Detector

DETECTORS: Mapping[str, Detector] = {
    self_deadlock.KIND: self_deadlock.detect,
    deadlock.KIND: deadlock.detect,
    pending_writer.KIND: pending_writer.detect,
    stall.KIND: stall.detect,
    long_hold.KIND: long_hold.detect,
    leaked_lock.KIND: leaked_lock.detect,
}

KINDS = frozenset(DETECTORS)

EXPLANATIONS = frozenset({self_deadlock.KIND, deadlock.KIND, pending_writer.KIND, stall.KIND})
"""Kinds that say why a lock is waited for; a stall or a long hold of it is then no news.

A leak is not among them: what it does to those who wait is worth its own sentence.
"""
