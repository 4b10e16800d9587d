"""The same filter with one lock bug each; `healthy` is the fix of all of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from locktrace_demo.scenarios import (
    healthy,
    leak_on_error,
    leaked_read_lock,
    lock_order,
    recursive_read,
    slow_reload,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from locktrace_demo.filters import v2

SCENARIOS: Mapping[str, type[v2.V2Filter]] = MappingProxyType(
    {
        "leaked-read-lock": leaked_read_lock.V2Filter,
        "healthy": healthy.V2Filter,
        "leak-on-error": leak_on_error.V2Filter,
        "lock-order": lock_order.V2Filter,
        "recursive-read": recursive_read.V2Filter,
        "slow-reload": slow_reload.V2Filter,
    }
)
"""By the name that ``--scenario`` takes; the first is the default."""
