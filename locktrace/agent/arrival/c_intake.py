"""The C core's intake: it reads the slots itself, and keeps what was found in its ledger."""

from __future__ import annotations

import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from locktrace.agent import _core
from locktrace.agent.arrival.intake import FoundHold, FoundWait, Who

if TYPE_CHECKING:
    from locktrace.agent.c_core import CRecorder


class CSlots:
    """Reads slots in C, where nothing can happen between the check and the reading."""

    call = staticmethod(_core.blocked_call)
    value = staticmethod(_core.slot)


class CIntake:
    """Takes in holds and waits for the locks that the C core traces from then on."""

    slots = CSlots()
    found = staticmethod(_core.found)

    def __init__(self, recorder: CRecorder) -> None:
        self._recorder = recorder

    def threads(self) -> list[Who]:
        return [Who(ident, native_id) for ident, native_id in _core.threads()]

    def frame_of(self, who: Who) -> FrameType | None:
        return _core.frame_of(who.ident)

    def hold(self, found: FoundHold) -> bool:
        who = found.who
        return bool(
            _core.found_hold(
                found.subject, found.frame, found.lasti, found.site, who.ident, who.native_id,
                found.shared, found.depth, found.likely, found.alone,
            )
        )  # fmt: skip

    def wait(self, found: FoundWait) -> bool:
        who = found.who
        return bool(
            _core.found_wait(
                found.subject, found.caller, found.frame, found.lasti, found.inner, who.ident,
                who.native_id, found.shared, found.timed, found.depth, _takes_signals(who),
                found.blocks_on,
            )
        )  # fmt: skip

    def name(self, subject: Any, name: str) -> None:
        if name and not self._recorder.given_names.get(_core.id_of(subject)):
            self._recorder.call(subject, name)

    def inside(self, entry: Any) -> Any:
        return _core.build(entry)

    def outside(self, scope: Any) -> None:
        _core.built(scope)


def _takes_signals(who: Who) -> bool:
    """Whether a signal handler may end its wait without the lock."""
    return who.ident == threading.main_thread().ident
