"""The ways into a process, by the names that the command line has for them."""

from __future__ import annotations

from enum import StrEnum


class Method(StrEnum):
    """How to get in; `auto` takes the first way that can be gone."""

    AUTO = "auto"
    PTRACE = "ptrace"
    REMOTE_EXEC = "remote-exec"
