"""The detectors, in the order in which they are asked."""

from __future__ import annotations

from locktrace.diagnose import (
    deadlock,
    leaked_lock,
    long_hold,
    pending_writer,
    self_deadlock,
    stall,
)
from locktrace.diagnose.case import Detector

DETECTORS: tuple[Detector, ...] = (
    self_deadlock.detect,
    deadlock.detect,
    pending_writer.detect,
    stall.detect,
    long_hold.detect,
    leaked_lock.detect,
)

EXPLANATIONS = frozenset({self_deadlock.KIND, deadlock.KIND, pending_writer.KIND, stall.KIND})
"""Kinds that say why a lock is waited for; a stall or a long hold of it is then no news.

A leak is not among them: what it does to those who wait is worth its own sentence.
"""
