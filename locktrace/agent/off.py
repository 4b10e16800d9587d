"""The recorder that records nothing: in place before `install` and after `uninstall`."""

from __future__ import annotations

from types import FrameType

from locktrace.agent.ledger import NO_LABEL, Actor, Entry, Hold, Label, Stack, Wait


class OffRecorder:
    """Meets the Recorder contract at the least cost."""

    def __init__(self) -> None:
        self._entry = Entry(0, "", None, None)
        actor = Actor(0, 0, 0)
        self._wait = Wait(0, self._entry, actor, False, False, Stack(0, (), 0, False), 0, 0)

    def create(self, kind: str, frame: FrameType | None) -> Entry | None:
        return None

    def acquired(self, entry: Entry, shared: bool, frame: FrameType) -> None:
        pass

    def acquired_again(self, entry: Entry, frame: FrameType, depth: int) -> None:
        pass

    def released(self, entry: Entry, shared: bool) -> Hold | None:
        return None

    def released_again(self, entry: Entry, depth: int) -> Hold | None:
        return None

    def restore(self, entry: Entry, hold: Hold | None) -> None:
        pass

    def waiting(self, entry: Entry, shared: bool, timed: bool, frame: FrameType) -> Wait:
        return self._wait

    def waited(self, wait: Wait) -> None:
        pass

    def build(self, entry: Entry | None) -> Entry | None:
        return None

    def relabel(self, text: str) -> Label:
        return NO_LABEL

    def put_label(self, label: Label) -> None:
        pass


OFF = OffRecorder()
