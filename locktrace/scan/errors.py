"""Errors that end a scan before it begins."""

from __future__ import annotations

from locktrace.errors import LocktraceError


class UsageError(LocktraceError):
    """An option, a path, a rule's name or the configuration is wrong."""

    exit_code = 2
