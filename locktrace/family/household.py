"""The processes of one `locktrace run`: the program, and those of its descendants that call."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from locktrace.diagnose import Thresholds, severest_first
from locktrace.diagnose.precedence import take_in
from locktrace.errors import LocktraceError
from locktrace.family.council import Council, concerned, witnessed
from locktrace.family.diagnosis import diagnose_ended, diagnose_standing
from locktrace.family.introductions import Introductions
from locktrace.family.joining import join
from locktrace.family.record import Record
from locktrace.launch.gathering import Arrival, Gathering
from locktrace.launch.program import TracedProgram
from locktrace.model import Finding, Severity, StallSnapshot
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from locktrace.suppression import Suppressions

PATIENCE_S = 1.0  # with the agent's first word, before the program is looked at again
LOOK_S = 0.2  # between two looks at a descendant
REST = 5  # times what a look at all together takes: a crowd of processes is looked at less often
LINGER_S = 1.0  # for descendants to end, once the program has
LAST_LOOKS = 2  # what came before a goodbye, and the goodbye
AT_ONCE = 256  # descendants that are followed; more wait for one of those to end
KEEP = 200  # records of descendants that have ended without findings
KEEP_EVENTFUL = 1000  # and of those with


@dataclass(frozen=True, slots=True)
class Untraced:
    """A descendant that could not be observed, and why."""

    pid: int
    reason: str


class Household:
    """`first` is the program's record, None until its agent has spoken; `others` are complete
    once the run is over, and were in the order of their ends."""

    def __init__(
        self,
        program: TracedProgram,
        gathering: Gathering | None,
        thresholds: Thresholds,
        suppressions: Suppressions | None = None,
    ) -> None:
        self._program = program
        self._gathering = gathering
        self._thresholds = thresholds
        self._suppressions = suppressions or Suppressions()
        self._suppressed_besides = 0
        self._suppressed_between: set[tuple[object, ...]] = set()
        self._living: list[Record] = []
        self._looked = 0.0
        self._finished_at: float | None = None
        self.was_ended = False
        """By us, as it hung."""
        self.first: Record | None = None
        self.others: list[Record] = []
        self.untraced: list[Untraced] = []
        self.left_out = 0
        """Descendants that there was no room to keep a record of."""
        self._made: set[tuple[str, Severity]] = set()
        self._numbers = 0
        self._council = Council(thresholds, self._suppressions)
        self._rested_at = 0.0
        self._introductions = Introductions()
        self._between: dict[tuple[object, ...], Finding] = {}
        self.between: StallSnapshot | None = None
        """The findings in which several processes have a part, once the run is over."""
        self.involved: frozenset[int] = frozenset()
        """The pids of those who have."""

    @property
    def records(self) -> list[Record]:
        """All that there is to tell of."""
        first = [self.first] if self.first is not None else []
        return [*first, *self.others, *self._living]

    @property
    def suppressed(self) -> int:
        """How many findings were made that the project does not want told."""
        besides = self._suppressed_besides + len(self._suppressed_between)
        return besides + sum(record.suppressed for record in self.records)

    def unused_suppressions(self) -> list[str]:
        """Those that nothing has needed in any of the processes, each in a sentence."""
        unused: dict[str, str] = {}
        for record in self.records:
            unused.update(record.unused_suppressions())
        return list(unused.values())

    def failed(self, kinds: Container[str]) -> bool:
        """Whether a finding was made of severity error or of one of `kinds`, in any of them."""
        made = {(f.kind, f.severity) for record in self.records for f in record.findings}
        made |= {(f.kind, f.severity) for f in self._between.values()}
        return any(s is Severity.ERROR or kind in kinds for kind, s in made | self._made)

    def look(self, timeout: float) -> list[StallSnapshot]:
        """What has come from all of them within `timeout` seconds or so; the new stalls."""
        stalls: list[StallSnapshot] = []
        if self.first is None:
            self.first = self._open_first(timeout)
        else:
            stalls += self.first.look(timeout)
            if self.first.ended:
                self._finished_at = self._finished_at or time.monotonic()
                self._program.wait(timeout)
        if time.monotonic() - self._looked >= LOOK_S:
            stalls += self._look_at_others()
            stalls += self._look_at_all()
        return stalls

    @property
    def is_overdue(self) -> bool:
        """Whether the program said goodbye a stall ago, and has not ended."""
        if self.first is None or not self.first.view.finished or self._finished_at is None:
            return False
        return time.monotonic() - self._finished_at >= self._thresholds.stall_after

    def end(self) -> None:
        """End the program and its descendants, whatever they do against it.

        One of them may have stalled before the ring that it is in has been looked at twice.
        """
        self.was_ended = True
        present = [record for record in self.records if not record.is_lost]
        if len(present) > 1:
            joint, found = diagnose_standing([r.part() for r in present], self._thresholds)
            self._note_between(*self._suppressions.sift(joint.snapshot, found))
        self._program.end()

    def _look_at_others(self) -> Iterator[StallSnapshot]:
        self._looked = time.monotonic()
        if self._gathering is not None:
            for arrival in self._gathering.arrivals(AT_ONCE - len(self._living)):
                self._admit(arrival)
        for record in list(self._living):
            yield from record.look(0)
            if record.ended:
                self._living.remove(record)
                self._keep(record)

    def _look_at_all(self) -> Iterator[StallSnapshot]:
        """The new stalls between processes."""
        present = [r for r in (self.first, *self._living) if r is not None and not r.is_lost]
        living = [record for record in present if not record.ended]
        began = time.monotonic()
        snapshots = {record.number: record.snapshot for record in living}
        if began < self._rested_at or not self._council.is_due(snapshots):
            return
        parts = self._council.with_remains(record.part() for record in present)
        verdict = self._council.look(join(parts), parts, living)
        took = time.monotonic() - began
        self._rested_at = began + REST * took
        self._note_between(verdict.findings, verdict.suppressed)
        if verdict.stalled:
            yield witnessed(verdict, living)

    def _take_stock(self) -> None:
        """What the last pictures of all processes show together."""
        records = [record for record in self.records if not record.is_lost]
        parts = [record.part() for record in records]
        if len(parts) < 2:
            return
        joint, found = diagnose_ended(parts, self._thresholds)
        self._note_between(*self._suppressions.sift(joint.snapshot, found))
        findings = severest_first(list(self._between.values()))
        if findings:
            snapshot = concerned(joint.snapshot, findings)
            limits = self._thresholds.by_option()
            self.between = StallSnapshot("", snapshot, findings, thresholds=limits)
            numbers = {n for f in findings for id in f.actors for n in joint.members_of(id)}
            for record in records:
                record.leave_to(findings, joint.ids)
            self.involved = frozenset(r.process.pid for r in records if r.number in numbers)

    def _note_between(self, told: Iterable[Finding], suppressed: Iterable[Finding]) -> None:
        take_in(self._between, told)
        self._suppressed_between.update(finding.key for finding in suppressed)

    def conclude(self) -> None:
        """The program has ended: hear what is still under way, and let go of everybody."""
        if self.first is None:
            self.first = self._open_first(0)
        deadline = time.monotonic() + LINGER_S
        if self.first is not None:
            self._hear_out(self.first, deadline)
        list(self._look_at_others())
        while self._living and time.monotonic() < deadline:
            time.sleep(0.02)
            list(self._look_at_others())
        if self._gathering is not None:
            for arrival in self._gathering.close():
                reason = "ended, or was stuck, before its agent could say anything"
                self.untraced.append(Untraced(arrival.pid, reason))
        for record in [*self._living, *([self.first] if self.first is not None else [])]:
            record.conclude()
        self._take_stock()

    def _hear_out(self, record: Record, deadline: float) -> None:
        """Look until it has ended, or the deadline; all that was said is heard, however late."""
        looks = 0
        while not record.ended and (looks < LAST_LOOKS or time.monotonic() < deadline):
            record.look(LOOK_S)
            looks += 1

    def _keep(self, record: Record) -> None:
        record.conclude()
        if not record.is_lost:
            self._council.bury(record.part())
        if len(self.others) < (KEEP_EVENTFUL if record.findings else KEEP):
            self.others.append(record)
            return
        self.left_out += 1
        self._suppressed_besides += record.suppressed
        self._made.update((finding.kind, finding.severity) for finding in record.findings)

    def _open_first(self, timeout: float) -> Record | None:
        try:
            # A duplicate, for a source that fails closes what it was given.
            connection = self._program.connection.dup()
            source = AgentSource(connection, self._program.pid, patience=PATIENCE_S)
        except LocktraceError:
            # Ended, stopped, stuck in C, or no Python that starts our agent: tried again while
            # it runs, and said at the end.
            self._program.wait(timeout)
            return None
        return Record(self._session(source), self._number())

    def _session(self, source: AgentSource) -> Session:
        return Session(
            source,
            thresholds=self._thresholds,
            dress=self._introductions.dress,
            suppressions=self._suppressions,
        )

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers - 1

    def _admit(self, arrival: Arrival) -> None:
        try:
            source = AgentSource(arrival.connection, arrival.pid, patience=PATIENCE_S)
        except LocktraceError as error:
            reason = str(error).removeprefix(f"process {arrival.pid} ")
            self.untraced.append(Untraced(arrival.pid, reason))
            return
        self._living.append(Record(self._session(source), self._number()))
