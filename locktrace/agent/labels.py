"""Labels: what the calling thread works on, shown beside its holds and waits."""

from __future__ import annotations

from locktrace.agent.ledger import Label
from locktrace.agent.primitives import tap
from locktrace.agent.switch import AGENT

MAX_LABEL = 200  # characters


class label:  # noqa: N801  (used as `with label("query example. A"):`)
    """Say what the calling thread works on until the block ends; nearly free while off."""

    __slots__ = ("_before", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._before: Label | None = None

    def __enter__(self) -> None:
        if AGENT.publisher is None or AGENT.recorder is None:
            return
        try:
            self._before = AGENT.recorder.relabel(str(self._text)[:MAX_LABEL])
        except BaseException as error:
            tap.refuse(error)

    def __exit__(self, *exc_info: object) -> None:
        if self._before is None or AGENT.recorder is None:
            return
        try:
            AGENT.recorder.put_label(self._before)
        except BaseException as error:
            tap.refuse(error)
        self._before = None
