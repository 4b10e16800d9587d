"""A finding as text: the sentence, who took it where, who wants it, what the holder does now.

The order is go-deadlock's three-part report; the certainty is in the hung-task report's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from locktrace.model import Certainty, Finding, Hold, Site, Wait
from locktrace.snapshots.groups import HoldGroup, WaitGroup, group_holds, group_waits, is_reading
from locktrace.snapshots.joined import Joined
from locktrace.snapshots.kinds import is_executor, is_future, is_own, is_signal
from locktrace.snapshots.layout import wrap
from locktrace.snapshots.scanner import rules_of
from locktrace.snapshots.source import Source
from locktrace.snapshots.stack_text import lock_frames, stack_lines
from locktrace.wording import age, count, duration, listing, lock_name, who

MOST_GROUPS = 6
_INDENT = "   "
_DEEPER = "     "


class FindingText:
    """Renders the findings of one stall snapshot."""

    def __init__(self, joined: Joined, source: Source, width: int) -> None:
        self._joined = joined
        self._snapshot = joined.snapshot
        self._source = source
        self._width = width
        self._told: set[tuple[str, int, Site | None]] = set()

    def lines(self, number: int, finding: Finding) -> Iterator[str]:
        doubt = f" ({finding.certainty})" if self._is_doubtful(finding) else ""
        title = f"{number}. {finding.severity.upper()} {finding.kind}{doubt}"
        yield from wrap(title, self._width, _INDENT, first="")
        yield from wrap(finding.message, self._width, _INDENT)
        if rules := rules_of(finding):
            codes = listing(rules)
            said = (
                f"`locktrace scan` sees it in the source: {codes} (locktrace explain {rules[0]})."
            )
            yield from wrap(said, self._width, _INDENT)
        for then, hold in enumerate(finding.past):
            yield ""
            yield from self._once(hold, then)
        if finding.past:
            return
        holds, waits = self._concerned(finding)
        for group in holds[:MOST_GROUPS]:
            yield ""
            yield from self._taken(group)
        for wanted in waits[:MOST_GROUPS]:
            yield ""
            yield from self._wanted(wanted)
        if finding.certainty is Certainty.UNKNOWN:
            yield from self._taken_at(finding)
        left = max(0, len(holds) - MOST_GROUPS) + max(0, len(waits) - MOST_GROUPS)
        if left:
            yield ""
            yield f"{_INDENT}… and {count(left, 'more place')} that hold or want the same"

    def _is_doubtful(self, finding: Finding) -> bool:
        """Whether its holder is in doubt; what nobody can hold has none."""
        locks = [self._snapshot.locks.get(lock) for lock in finding.locks]
        if finding.certainty is Certainty.UNKNOWN and locks:
            return not all(lock is not None and is_signal(lock) for lock in locks)
        return finding.certainty is not Certainty.HELD_BY

    def _once(self, hold: Hold, position: int) -> Iterator[str]:
        """An acquire of the past; they come in pairs, the second while the first was held."""
        name = who(self._snapshot, hold.actor, hold.label)
        lock = lock_name(self._snapshot, hold.lock)
        reading = " for reading" if is_reading(self._snapshot, hold) else ""
        ago = duration(self._snapshot.age(hold.since_ns))
        text = (
            f"and, holding it, took {lock}{reading}"
            if position % 2
            else f"{name} took {lock}{reading} {ago} ago"
        )
        yield from self._heading(text, hold.site)
        site_index = min(hold.site_index, len(hold.stack) - 1)
        yield from stack_lines(hold.stack, {site_index}, self._source, self._width, _DEEPER)

    def _concerned(self, finding: Finding) -> tuple[tuple[HoldGroup, ...], tuple[WaitGroup, ...]]:
        """The holds and waits on the finding's locks that come from the sites it lists."""
        holding = {listed.site for listed in finding.sites if listed.role == "holder"}
        wanting = {s.site for s in finding.sites if s.role not in {"holder", "creator"}}
        locks, actors = set(finding.locks), set(finding.actors)

        def concerns(record: Hold | Wait, sites: set[Site]) -> bool:
            known = record.site in sites if record.site else record.actor in actors
            return record.lock in locks and known

        holds = [hold for hold in self._snapshot.holds if concerns(hold, holding)]
        waits = [wait for wait in self._snapshot.waits if concerns(wait, wanting)]
        return group_holds(self._snapshot, holds), group_waits(waits)

    def _taken(self, group: HoldGroup) -> Iterator[str]:
        oldest = group.holds[0]
        text = self._took(group) + self._fate(group)
        if self._is_told("taken", group):
            yield from wrap(f"{text}: see above", self._width, _INDENT)
            return
        yield from self._heading(text, oldest.site)
        site_index = min(oldest.site_index, len(oldest.stack) - 1)
        yield from stack_lines(oldest.stack, {site_index}, self._source, self._width, _DEEPER)
        yield from self._now(group)

    def _took(self, group: HoldGroup) -> str:
        """Who took it and when; who has to do it, of what is work and no lock."""
        oldest, number = group.holds[0], len(group.holds)
        takers, lock = self._takers(group.holds), lock_name(self._snapshot, group.lock)
        length, known = age(self._snapshot, group.holds), self._snapshot.locks.get(group.lock)
        if known is not None and is_own(known):
            return f"{takers} {'has' if number == 1 else 'have'} to end first"
        if known is not None and is_future(known):
            return f"{takers} works on {lock} for {length}"
        if known is not None and is_executor(known):
            return f"{lock} has {count(number, 'busy worker')}: {takers}"
        if oldest.certainty is Certainty.LIKELY:
            takers = f"{takers}, as it seems,"
        reading = "for reading " if is_reading(self._snapshot, oldest) else ""
        if number == 1:
            return f"{lock} was taken {reading}by {takers} {length} ago"
        return f"{lock} was taken {reading}{number} times by {takers}, the first {length} ago"

    def _fate(self, group: HoldGroup) -> str:
        if not group.leaked:
            return ""
        if group.leaked_holds < len(group.holds):
            return f" ({group.leaked_holds} of those calls have returned since)"
        return f" ({group.fate(self._snapshot)} since)"

    def _now(self, group: HoldGroup) -> Iterator[str]:
        """What the first of the holders that still lives does now."""
        living = [actor for actor in group.actors if actor in self._joined.stack_of]
        if not living:
            return
        actor = living[0]
        stack = self._joined.stack_of[actor].frames
        business = self._joined.business_of(self._joined.stack_of[actor])
        marked = lock_frames(stack, business.holds, business.waits)
        yield from self._heading(f"{who(self._snapshot, actor)} is now", None)
        yield from stack_lines(stack, marked, self._source, self._width, _DEEPER)

    def _wanted(self, group: WaitGroup) -> Iterator[str]:
        oldest = group.waits[0]
        lock, length = lock_name(self._snapshot, group.lock), age(self._snapshot, group.waits)
        reading = "for reading " if is_reading(self._snapshot, oldest) else ""
        wish = f"{lock} is wanted {reading}by {self._takers(group.waits)}"
        since = f", the longest for {length}" if len(group.waits) > 1 else f" for {length}"
        if self._is_told("wanted", group):
            yield from wrap(f"{wish}{since}: see above", self._width, _INDENT)
            return
        yield from self._heading(wish + since, group.site)
        site_index = min(oldest.site_index, len(oldest.stack) - 1)
        yield from stack_lines(oldest.stack, {site_index}, self._source, self._width, _DEEPER)

    def _taken_at(self, finding: Finding) -> Iterator[str]:
        """Where the code takes a lock that nobody is known to hold."""
        for lock in finding.locks:
            known = self._snapshot.locks.get(lock)
            if known is not None and known.acquire_sites:
                yield ""
                yield from self._heading(f"{lock_name(self._snapshot, lock)} is taken in", None)
                sites = known.acquire_sites
                yield from stack_lines(sites, set(), self._source, self._width, _DEEPER)

    def _is_told(self, how: str, group: HoldGroup | WaitGroup) -> bool:
        """Whether an earlier finding has shown this place; from now on it has."""
        place = (how, group.lock, group.site)
        before = place in self._told
        self._told.add(place)
        return before

    def _heading(self, text: str, site: Site | None) -> list[str]:
        place = f", at {site.file}:{site.line}" if site else ""
        return wrap(f"{text}{place}:", self._width, _INDENT)

    def _takers(self, records: Iterable[Hold | Wait]) -> str:
        names = (who(self._snapshot, record.actor, record.label) for record in records)
        return listing(list(dict.fromkeys(names)), most=4)
