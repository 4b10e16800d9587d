"""Labels: what the calling thread, or the task in it, works on; shown beside holds and waits."""

from __future__ import annotations

from locktrace.agent import tasks
from locktrace.agent.ledger import Label
from locktrace.agent.off import OFF
from locktrace.agent.primitives import tap
from locktrace.agent.recorder import Actor

MAX_LABEL = 200  # characters


class label:  # noqa: N801  (used as `with label("query example. A"):`)
    """Say what the calling task or thread works on until the block ends; nearly free while off."""

    __slots__ = ("_before", "_task", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._before: Label | None = None

    def __enter__(self) -> None:
        if tap.recorder is OFF:
            return
        try:
            text = self._text
            if type(text) is not str or len(text) > MAX_LABEL:
                text = str(text)[:MAX_LABEL]
            self._task: Actor | None = tasks.here() if tasks.asyncio is not None else None
            self._before = tap.recorder.relabel(text, self._task)
        except BaseException as error:
            if not tap.swallow(error):
                raise

    def __exit__(self, *exc_info: object) -> None:
        if self._before is None:
            return
        try:
            tap.recorder.put_label(self._before, self._task)
        except BaseException as error:
            if not tap.swallow(error):
                raise
        self._before = None
