"""The recorder that records nothing: in place before `install` and after `uninstall`."""

from __future__ import annotations

from types import FrameType
from typing import Any

from locktrace.agent.ledger import NO_LABEL, Actor, Entry, Hold, Label, Stack, Wait
from locktrace.agent.recorder import AnyUsual


class OffRecorder:
    """Meets the Recorder contract at the least cost."""

    def __init__(self) -> None:
        self._entry = Entry(0, "", None, None)
        self._actor = Actor(0, 0, 0)
        self._wait = Wait(0, self._entry, self._actor, False, False, Stack(0, (), 0, False), 0, 0)

    def create(self, kind: str, frame: FrameType | None, quiet: bool = False) -> Entry | None:
        return None

    def acquired(
        self, entry: Entry, shared: bool, frame: FrameType | None, actor: Actor | None = None
    ) -> None:
        pass

    def attempting(self, manner: int) -> None:
        pass

    def acquired_again(self, entry: Entry, frame: FrameType | None, depth: int) -> None:
        pass

    def released(self, entry: Entry, shared: bool, actor: Actor | None = None) -> Hold | None:
        return None

    def released_again(self, entry: Entry, depth: int) -> Hold | None:
        return None

    def restore(self, entry: Entry, hold: Hold | None) -> None:
        pass

    def waiting(
        self,
        entry: Entry,
        shared: bool,
        timed: bool,
        frame: FrameType | None,
        actor: Actor | None = None,
    ) -> Wait:
        return self._wait

    def waited(self, wait: Wait) -> None:
        pass

    def build(self, entry: Entry | None) -> None:
        pass

    def built(self, scope: None) -> None:
        pass

    def building(self) -> None:
        pass

    def relabel(self, text: str, actor: Actor | None = None) -> Label:
        return NO_LABEL

    def put_label(self, label: Label, actor: Actor | None = None) -> None:
        pass

    def thread(self, ident: int, native_id: int) -> Actor:
        return self._actor

    def task(self, name: str, ident: int, native_id: int) -> Actor:
        return self._actor

    def finished(self, actor: Actor) -> None:
        pass

    def id_of(self, actor: Actor) -> int:
        return actor.id

    def call(self, lock: Any, name: str) -> None:
        pass

    def quicken(self, whole: Any, usual: AnyUsual) -> Any:
        return whole


OFF = OffRecorder()
