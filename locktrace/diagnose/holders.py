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
from locktrace.wording import age, count, listing, lock_name, where, who

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


def lockout_hint(ledger: Ledger, lock: int) -> str:
    """The warning of a nested monitor, where a holder of `lock` waits to be told something."""
    name = lock_name(ledger.snapshot, lock)
    return (
        f" If who is to tell it needs {name} first, nobody goes on (nested monitor lockout): "
        "a wait for a Condition lets go of the Condition's own lock only."
    )


def waits_to_be_told(ledger: Ledger, hold: Hold) -> bool:
    """Whether who has `hold` waits for a signal, without end."""
    waits = ledger.waits_by_actor.get(hold.actor, ())
    return any(ledger.is_signal(wait.lock) and not wait.timed for wait in waits)


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
        permits = f"{count(number, 'permit')} taken in {where(group.site)}"
        return permits + (_of_the_dead(case.ledger, group) or _meanwhile(case.ledger, group))
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


def _of_the_dead(ledger: Ledger, group: HoldGroup) -> str:
    """How many permits were taken by who has ended: a process, a thread or a task."""
    actors = [ledger.snapshot.actors.get(hold.actor) for hold in group.holds]
    ended = [actor for actor in actors if actor is not None and actor.ended]
    if not ended:
        return ""
    kinds_ = {"process" if actor.fate else actor.kind for actor in ended}
    one = kinds_.pop() if len(kinds_) == 1 else "actor"
    if len(ended) == 1:
        by = f"a {one} that has"
    else:
        by = f"{one}{'es' if one == 'process' else 's'} that have"
    some = "" if len(ended) == len(group.holds) else f"{len(ended)} of them "
    return f", {some}by {by} ended since"


def _meanwhile(ledger: Ledger, group: HoldGroup) -> str:
    """What those who have the permits wait for themselves, if each of them does."""
    told = []
    for actor in group.actors:
        waits = [w for w in ledger.waits_by_actor.get(actor, ()) if w.lock != group.lock]
        if not waits:
            return ""
        told.append(f"{who(ledger.snapshot, actor)} now waits {wish_of(ledger, waits[0])}")
    return f", of which {listing(told, MOST_TOLD)}"


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
