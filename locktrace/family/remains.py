"""What is left of a process that has ended: the locks that it may have taken with it."""

from __future__ import annotations

from dataclasses import replace

import psutil

from locktrace.family.joining import Part
from locktrace.model import NO_HISTORY, Process
from locktrace.view import View
from locktrace.wire import frames

_SAME_START_S = 1.0
WITH_WORD = "has ended"
WITHOUT = "has ended without a goodbye (killed, crashed or os._exit)"


def fate_of(view: View) -> str:
    """How the process has ended, as ``that process …`` goes on; empty while it is there, be it
    that only its agent is gone."""
    if view.ended is None:
        return ""
    if view.finished:
        return "" if view.ended.endswith(frames.DETACHED) else WITH_WORD
    return "" if _is_there(view.snapshot.process) else WITHOUT


def _is_there(process: Process) -> bool:
    try:
        there = psutil.Process(process.pid)
        same = abs(there.create_time() - process.created) < _SAME_START_S
        return same and there.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
    except psutil.Error:
        return False


def remains(part: Part) -> Part | None:
    """Of a process that has ended, its holds of locks that others may have too; of one whose last
    moments are not known, all such locks. None if that is nothing."""
    snapshot = part.snapshot
    shared = {id: lock for id, lock in snapshot.locks.items() if lock.os_id}
    holds = tuple(hold for hold in snapshot.holds if hold.lock in shared)
    held = {hold.lock for hold in holds}
    kept = {id: lock for id, lock in shared.items() if id in held or part.fate == WITHOUT}
    if not kept:
        return None
    actors = {hold.actor for hold in holds}
    return replace(
        part,
        snapshot=replace(
            snapshot,
            locks=kept,
            actors={id: actor for id, actor in snapshot.actors.items() if id in actors},
            holds=holds,
            waits=(),
            history=NO_HISTORY,
            present=None,
        ),
    )
