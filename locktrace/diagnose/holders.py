"""Who holds a lock, in words, for the findings about those who wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import wish_of
from locktrace.model import Certainty, Hold, Mode, Site
from locktrace.snapshots import kinds
from locktrace.snapshots.groups import HoldGroup, group_holds, has_ended
from locktrace.wording import age, count, listing, where, who

MOST_TOLD = 2  # groups of holds told in a message


@dataclass(frozen=True, slots=True)
class Holders:
    """The holds of one lock. `phrase` begins with the certainty: "held by …"."""

    groups: tuple[HoldGroup, ...]
    certainty: Certainty
    phrase: str

    @property
    def leaked(self) -> bool:
        return any(group.leaked for group in self.groups)

    @property
    def actors(self) -> tuple[int, ...]:
        return tuple(actor for group in self.groups for actor in group.actors)

    @property
    def sites(self) -> list[tuple[Site | None, str]]:
        return [(group.site, "holder") for group in self.groups]


def holders_of(case: Case, lock: int) -> Holders:
    """Who holds `lock`: leaked holds first, as the reason why it may never be free again."""
    ledger = case.ledger
    holds = ledger.holds.get(lock, ())
    groups = group_holds(ledger.snapshot, holds)
    certainty = certainty_of(ledger, lock, holds)
    unlisted = ledger.lock(lock).unlisted_holds
    if not groups:
        unknown = (
            f"held {unlisted} times, by whom was not recorded" if unlisted else "no holder is known"
        )
        return Holders((), certainty, unknown)
    parts = [_phrase(case, group) for group in groups]
    if unlisted:
        parts.append(f"{count(unlisted, 'more hold')} not listed")
    return Holders(groups, certainty, f"{certainty} {listing(parts, MOST_TOLD)}")


def certainty_of(ledger: Ledger, lock: int, holds: Sequence[Hold]) -> Certainty:
    """How sure it is that those who took the lock are those to ask, in doubt the less sure.

    The ledger saw each acquire and no release, so a hold stands as "held by". A lock known
    to be released by others is "likely held by" who took it; an exclusive hold of a thread
    that has ended was "last held by" it, since what has ended holds nothing.
    """
    if not holds:
        return Certainty.UNKNOWN
    guessed = all(hold.certainty is Certainty.LIKELY for hold in holds)
    if guessed or ledger.is_handed_over(lock):
        return Certainty.LIKELY
    if any(hold.mode is Mode.EXCLUSIVE and has_ended(ledger.snapshot, hold) for hold in holds):
        return Certainty.LAST
    return Certainty.HELD_BY


def _phrase(case: Case, group: HoldGroup) -> str:
    number = len(group.holds)
    if case.ledger.is_semaphore(group.lock):
        lost = sum(1 for hold in group.holds if _is_of_the_dead(case.ledger, hold))
        fate = f", {lost} of them by processes that have ended" if lost else ""
        return f"{count(number, 'permit')} taken in {where(group.site)}{fate}"
    if group.mode is Mode.SHARED:
        some = f"{group.leaked_holds} of them " if group.leaked_holds < number else ""
        released = f", {some}never released" if group.leaked else ""
        return f"{count(number, 'reader')} from {where(group.site)}{released}"
    hold = group.holds[0]
    name = who(case.ledger.snapshot, hold.actor, hold.label)
    ago = age(case.ledger.snapshot, [hold])
    if kinds.is_future(case.ledger.lock(group.lock)):
        return f"{name}, who has worked on it for {ago}{_fate(case, group, hold)}"
    return f"{name}, who took it {ago} ago in {where(group.site)}{_fate(case, group, hold)}"


def _is_of_the_dead(ledger: Ledger, hold: Hold) -> bool:
    """Whether the process that took it has ended, of several that share the lock."""
    actor = ledger.snapshot.actors.get(hold.actor)
    return actor is not None and bool(actor.fate)


def _fate(case: Case, group: HoldGroup, hold: Hold) -> str:
    """What has become of an exclusive holder since."""
    ledger = case.ledger
    if has_ended(ledger.snapshot, hold):
        fate = ledger.snapshot.actors[hold.actor].fate
        return f"; that process {fate}" if fate else " and has ended without releasing it"
    if group.leaked:
        return " and did not release it before that function returned"
    waits = [w for w in ledger.waits_by_actor.get(hold.actor, ()) if w.lock != hold.lock]
    if waits:
        return f" and now waits {wish_of(ledger, waits[0])}"
    stack = ledger.stack_of(hold.actor)
    if stack is not None and stack.doing and stack.frames:
        return f" and now {stack.doing} in {where(stack.frames[0])}"
    return ""
