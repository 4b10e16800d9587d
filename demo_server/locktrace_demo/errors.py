"""Errors that end the demo: one sentence for the person, exit code 2."""

from __future__ import annotations


class DemoError(Exception):
    """Says in one sentence what went wrong."""


class StoreError(DemoError):
    """The key-value store cannot be opened or read, or holds something that is no zone."""
