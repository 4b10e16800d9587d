"""The rules, one a file; `RULES` by code, `pages` for `locktrace explain`."""

from __future__ import annotations

from locktrace.scan.rules.await_while_holding import AwaitWhileHolding
from locktrace.scan.rules.base import FunctionRule, ProjectRule, Rule
from locktrace.scan.rules.blocking_while_holding import BlockingWhileHolding
from locktrace.scan.rules.double_acquire import DoubleAcquire
from locktrace.scan.rules.double_acquire_in_calls import DoubleAcquireInCalls
from locktrace.scan.rules.empty_section import EmptySection
from locktrace.scan.rules.lock_in_finalizer import LockInFinalizer
from locktrace.scan.rules.lock_in_signal_handler import LockInSignalHandler
from locktrace.scan.rules.lock_never_shared import LockNeverShared
from locktrace.scan.rules.lock_per_with import LockPerWith
from locktrace.scan.rules.missing_release import MissingRelease
from locktrace.scan.rules.missing_release_on_exception import MissingReleaseOnException
from locktrace.scan.rules.notify_without_lock import NotifyWithoutLock
from locktrace.scan.rules.order_inversion import OrderInversion
from locktrace.scan.rules.recursive_read import RecursiveRead
from locktrace.scan.rules.release_without_acquire import ReleaseWithoutAcquire
from locktrace.scan.rules.unchecked_acquire import UncheckedAcquire
from locktrace.scan.rules.wait_outside_loop import WaitOutsideLoop
from locktrace.scan.rules.wrong_mode import WrongMode

FUNCTION_RULES: tuple[FunctionRule, ...] = (
    MissingRelease(),
    MissingReleaseOnException(),
    ReleaseWithoutAcquire(),
    WrongMode(),
    UncheckedAcquire(),
    DoubleAcquire(),
    RecursiveRead(),
    AwaitWhileHolding(),
    LockPerWith(),
    LockNeverShared(),
    EmptySection(),
    WaitOutsideLoop(),
    NotifyWithoutLock(),
)
PROJECT_RULES: tuple[ProjectRule, ...] = (
    DoubleAcquireInCalls(),
    OrderInversion(),
    BlockingWhileHolding(),
    LockInFinalizer(),
    LockInSignalHandler(),
)
RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in sorted((*PROJECT_RULES, *FUNCTION_RULES), key=lambda rule: rule.code)
}
"""By code. A rule that looks in two ways is here once."""


def find_rule(word: str) -> Rule | None:
    """The rule of a code or a name, whatever its case."""
    wanted = word.lower()
    return next((r for r in RULES.values() if wanted in (r.code.lower(), r.name)), None)


def explain(word: str) -> str | None:
    """The page of a rule: what `locktrace explain CODE` prints; None if there is no such rule."""
    rule = find_rule(word)
    return f"{rule.code} {rule.name} ({rule.severity})\n\n{rule.page}" if rule else None
