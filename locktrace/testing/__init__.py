"""Tests that fail when they end with a lock still held: `with assert_no_leaked_locks():`.

The agent is switched on in the testing process, and observed through its own socket like
any other: what a test is told is what a screen would show. Locks made before the agent came
are seen by the C core only, so switch it on early (`pytest --locktrace` does).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from locktrace.suppression import Suppressions, configured
from locktrace.testing.verdict import Verdict
from locktrace.testing.witness import Witness

__all__ = ["LeakedLockError", "LockFindingError", "assert_no_leaked_locks"]


class LockFindingError(AssertionError):
    """A block of a test made a finding, as a lock-order inversion; the message is its sentence."""


class LeakedLockError(LockFindingError):
    """A block of a test ended with locks still held; the message says which, taken where."""


@contextmanager
def assert_no_leaked_locks() -> Iterator[None]:
    """LeakedLockError if the block ends with a lock held that it took, LockFindingError if it
    made another finding that fails a test (an inversion, a deadlock); both are AssertionErrors.

    Also a decorator of plain functions and methods, `@assert_no_leaked_locks()`.
    """
    with Witness(suppressions=Suppressions(configured(Path.cwd()))) as witness:
        before = witness.begin()
        yield
        verdict = Verdict.of(witness, before)
    if verdict.leaks:
        raise LeakedLockError("\n".join(leak.message for leak in verdict.leaks))
    if verdict.findings:
        raise LockFindingError("\n".join(finding.message for finding in verdict.findings))
