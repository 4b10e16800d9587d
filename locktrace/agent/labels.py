"""Labels: what the calling thread works on, shown beside its holds and waits."""

from __future__ import annotations

from locktrace.agent.ledger import Label
from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap

MAX_LABEL = 200  # characters


class label:  # noqa: N801  (used as `with label("query example. A"):`)
    """Say what the calling thread works on until the block ends; nearly free while off."""

    __slots__ = ("_before", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._before: Label | None = None

    def __enter__(self) -> None:
        if tap.recorder is OFF:
            return
        try:
            self._before = tap.recorder.relabel(str(self._text)[:MAX_LABEL])
        except BaseException as error:
            if not tap.swallow(error):
                raise

    def __exit__(self, *exc_info: object) -> None:
        if self._before is None:
            return
        try:
            tap.recorder.put_label(self._before)
        except BaseException as error:
            if not tap.swallow(error):
                raise
        self._before = None
