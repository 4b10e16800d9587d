"""All that the demo knows of locktrace; without it installed, nothing here has an effect."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from locktrace_demo.rwmutex import RWMutex

if TYPE_CHECKING:
    from collections.abc import Callable


UNTRACED = {"LOCKTRACE": "0"}
"""In the environment of a child: it is not to be traced, though we are."""


def _connect() -> Callable[[str], AbstractContextManager[object]]:
    try:
        # By name, as a folder that happens to be called locktrace imports as an empty package.
        from locktrace import label, register_rwlock
    except ImportError:
        return nullcontext
    register_rwlock(
        RWMutex,
        read=("r_lock", "r_unlock"),
        write=("lock", "unlock"),
        try_read="try_r_lock",
        try_write="try_lock",
    )
    return label


label = _connect()
"""``with label("query www.example. A"):`` tells the tracer what this thread works on."""
