"""Tests that fail when they end with a lock still held: `with assert_no_leaked_locks():`.

The agent is switched on in the testing process, and observed through its own socket like
any other: what a test is told is what a screen would show. Locks made before the agent came
are seen by the C core only, so switch it on early (`pytest --locktrace` does).
"""

from __future__ import annotations

from contextlib import ContextDecorator
from pathlib import Path

from locktrace.suppression import Suppressions, configured
from locktrace.testing.verdict import Verdict
from locktrace.testing.witness import Witness

__all__ = ["LeakedLockError", "LockFindingError", "assert_no_leaked_locks"]


class LockFindingError(AssertionError):
    """A block of a test made a finding, as a lock-order inversion; the message is its sentence."""


class LeakedLockError(LockFindingError):
    """A block of a test ended with locks still held; the message says which, taken where."""


class _Block(ContextDecorator):
    """`assert_no_leaked_locks()`; a class, so that a failure's traceback ends in the test."""

    def __enter__(self) -> None:
        self._witness = Witness(suppressions=Suppressions(configured(Path.cwd())))
        self._before = self._witness.begin()

    def __exit__(self, failure: type[BaseException] | None, *rest: object) -> None:
        __tracebackhide__ = True  # for pytest
        with self._witness as witness:
            if failure is not None:
                return
            verdict = Verdict.of(witness, self._before)
        if verdict.leaks:
            raise LeakedLockError("\n".join(leak.message for leak in verdict.leaks))
        if verdict.findings:
            raise LockFindingError("\n".join(finding.message for finding in verdict.findings))

    def _recreate_cm(self) -> _Block:
        """For each call of what it decorates one of its own."""
        return _Block()


def assert_no_leaked_locks() -> _Block:
    """LeakedLockError if the block ends with a lock held that it took, or has let one be destroyed
    so, LockFindingError if it made another finding that fails a test (an inversion, a deadlock);
    both are AssertionErrors.

    Also a decorator of plain functions and methods, `@assert_no_leaked_locks()`.
    """
    return _Block()
