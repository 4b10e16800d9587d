"""Findings that a project has seen and does not want told: `[tool.locktrace]`, and comments."""

from locktrace.suppression.entries import Entry, configured
from locktrace.suppression.suppressions import Suppressions

__all__ = ["Entry", "Suppressions", "configured"]
