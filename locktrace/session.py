"""One observation of one target: source -> state -> detectors -> consumers. The only wiring.

The terminal UI, the plain-line watcher, `run` and `dump` all consume views from a
:class:`Session`; none of them talks to a socket or runs a detector itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from locktrace.diagnose import Confirmer, Thresholds, diagnose, diagnose_silence, severest_first
from locktrace.errors import CannotSaveError, TargetEndedError, TargetLostError
from locktrace.model import (
    Finding,
    Present,
    Process,
    Severity,
    Snapshot,
    StallSnapshot,
    ThreadStack,
)
from locktrace.observe.lookout import Lookout
from locktrace.observe.silence import corrected
from locktrace.observe.source import Source, State
from locktrace.observe.state import LedgerState
from locktrace.snapshots.history_text import gaps_in
from locktrace.snapshots.stacks import Stacks, is_stopped, py_spy_stacks
from locktrace.snapshots.store import StallStore
from locktrace.snapshots.take import take
from locktrace.suppression import Suppressions
from locktrace.view import View
from locktrace.wire.frames import FrameError

STALLS = frozenset(
    {
        "blocked-by-pending-writer",
        "deadlock",
        "executor-starvation",
        "finalizer-reentry",
        "lost-wakeup",
        "self-deadlock",
        "stall",
        "unresponsive",
    }
)
"""Kinds by which work stands still: each new one gets a stall snapshot."""

STALLS_ONCE_ERRORS = frozenset({"event-loop-blocked", "held-across-fork", "writer-starvation"})
"""Kinds that begin as a warning of what may pass, and are a stall from when they are errors."""

TICK_S = 0.25  # how often the time is looked at while nothing comes
LOOKS = 3  # from outside at a silent target, until somebody is seen with the GIL
LOOKS_APART_S = 0.25
LOOK_AGAIN_S = 5.0  # where nobody was
STACKS_S = 2.0  # how long the agent's own stacks are waited for, when py-spy may not look


def _explains(seen: Stacks) -> bool:
    """Whether it shows who keeps all others from running."""
    return any(thread.owns_gil for thread in seen.threads)


def is_stall(finding: Finding) -> bool:
    """Whether work stands still by it; what is merely worth a remark is no stall."""
    if finding.kind in STALLS_ONCE_ERRORS:
        return finding.severity is Severity.ERROR
    return finding.kind in STALLS and finding.severity is not Severity.INFO


class Session:
    """Observes one source until it ends; `state` is what its frames are for, else the agent's.

    `thresholds` are those that findings are made with. `store` of None keeps stall snapshots in
    memory only; without `snaps` none are taken by itself. `clock` gives our CLOCK_MONOTONIC in
    nanoseconds. `dress` makes of each picture what it is to be, knowing more than this session.
    `suppressions` say what of the findings is not told; without, the comments of the source do.
    """

    def __init__(
        self,
        source: Source,
        *,
        state: State | None = None,
        thresholds: Thresholds | None = None,
        store: StallStore | None = None,
        snaps: bool = True,
        clock: Callable[[], int] = time.monotonic_ns,
        dress: Callable[[Snapshot], Snapshot] | None = None,
        suppressions: Suppressions | None = None,
    ) -> None:
        self._source = source
        self._state = state or LedgerState(source.process)
        self.thresholds = thresholds or Thresholds()
        self._confirmer = Confirmer()
        self._store = store
        self._snaps = snaps
        self._dress = dress
        self._clock = clock
        self._looked_ns = 0
        self._received_ns = 0
        self.suppressions = suppressions or Suppressions()
        self._findings: tuple[Finding, ...] = ()
        self._suppressed: tuple[Finding, ...] = ()
        self._stalls: list[StallSnapshot] = []
        self._ended: str | None = None
        self._finished = False
        self._exit_code = TargetLostError.exit_code
        self._last: View | None = None
        self._notice = ""
        self._lookout = Lookout(source.process)
        self._outside: Stacks | None = None
        self._outside_ns = 0
        self._stopped = False
        self._left_out: frozenset[int] = frozenset()
        # A screen polls in one thread and dumps in another.
        self._one_at_a_time = threading.RLock()

    def leave_out(self, locks: frozenset[int]) -> None:
        """Tell of no stall of `locks`: other processes have them too, and somebody asks all."""
        self._left_out = locks

    def settle(self, timeout: float) -> View:
        """The first view with a full ledger, or of a target that gives no word.

        TargetLostError if none comes in `timeout` seconds.
        """
        deadline = self._clock() + int(timeout * 1e9)
        while not self._state.ledger_ns:
            silence = diagnose_silence(self._state.snapshot(self._now()), self.thresholds)
            if silence and not self._hears():
                self._looked_ns = self._state.heard_ns  # there is nothing to look at
                break
            left = (deadline - self._clock()) / 1e9
            if left <= 0:
                raise TargetLostError(f"no ledger came from the agent within {timeout:.0f} s")
            if self._ended is not None:
                raise TargetLostError(self._ended)
            self._receive(min(left, TICK_S))
        return self.poll(0)

    def catch_up(self, timeout: float) -> View:
        """A view of all that the target had done when this was called; TargetLostError if its
        agent does not answer within `timeout` seconds."""
        deadline = self._clock() + int(timeout * 1e9)
        with self._one_at_a_time:
            for _ in range(2):  # a ledger overtakes the events of its own turn, not of the last
                asked_ns = self._now()
                self._source.ask("ledger")
                while self._state.ledger_ns < asked_ns:
                    left = (deadline - self._clock()) / 1e9
                    if self._ended is not None or left <= 0:
                        raise TargetLostError(self._ended or "the agent does not answer")
                    self._receive(left)
            return self._poll(0)

    def poll(self, timeout: float) -> View:
        with self._one_at_a_time:
            return self._poll(timeout)

    def _poll(self, timeout: float) -> View:
        if self._ended is not None and self._last is not None:
            return self._last
        self._receive(timeout)
        snapshot = self._picture()
        if self._state.heard_ns > self._looked_ns:  # else nothing was heard: no second look
            self._looked_ns = self._state.heard_ns
            self._outside = None
            self._look(snapshot)
            self._ask(snapshot)
        elif self._ended is None:
            snapshot = self._mind_silence(snapshot)
        self._last = View(
            snapshot,
            self._findings,
            tuple(self._stalls),
            self._ended,
            self._notice or "; ".join(gaps_in(snapshot.history)),
            self._finished,
            exit_code=self._exit_code,
            suppressed=self._suppressed,
        )
        return self._last

    def _look(self, snapshot: Snapshot) -> None:
        confirmed = self._confirmer.look(snapshot, self._diagnose(snapshot))
        told, self._suppressed = self.suppressions.sift(snapshot, confirmed.findings)
        self._findings = told
        worse = (finding for finding in confirmed.worse if finding.kind in STALLS_ONCE_ERRORS)
        stalls = {f.key for f in (*confirmed.new, *worse) if is_stall(f)}
        if self._snaps and self._ended is None and any(f.key in stalls for f in told):
            self._snap(snapshot, told)

    def _diagnose(self, snapshot: Snapshot) -> Iterable[Finding]:
        """Without its silence, of which nothing is told before it was looked at from outside."""
        return (
            finding
            for finding in diagnose(snapshot, self.thresholds)
            if finding.kind != "unresponsive"
            and (finding.kind != "stall" or self._left_out.isdisjoint(finding.locks))
        )

    def _picture(self) -> Snapshot:
        snapshot = self._state.snapshot(self._now())
        if self._dress is not None:
            snapshot = self._dress(snapshot)
        present = self._lookout.present(self._state.present, snapshot.taken_ns)
        return replace(snapshot, present=present, finished=self._finished)

    def ask_what_they_do(self) -> None:
        """Have the agent say what every thread does, for the next views."""
        if self._ended is None:
            self._source.ask("stacks")

    def _ask(self, snapshot: Snapshot) -> None:
        """Have the agent say what every thread does, where that may explain a wait."""
        if self._ended is None and self._lookout.is_worth_asking(snapshot):
            self._source.ask("stacks")

    def _mind_silence(self, snapshot: Snapshot) -> Snapshot:
        """`snapshot`, with what is seen from outside if the target has been silent for long."""
        if self._hears() or not diagnose_silence(snapshot, self.thresholds):
            return snapshot
        fresh = self._outside is None
        if self._outside is None or self._is_worth_another_look(snapshot):
            seen = self._look_from_outside(snapshot.process)
            self._outside_ns = snapshot.taken_ns
            if seen is None:
                self._outside = None
                return snapshot
            fresh = fresh or _explains(seen)
            self._outside = seen
        present = Present(snapshot.taken_ns, self._outside.threads, None, self._stopped)
        snapshot = corrected(snapshot, self._lookout.described(present))
        silence = diagnose_silence(snapshot, self.thresholds)
        kinds = {finding.kind for finding in silence}
        others = [f for f in (*self._findings, *self._suppressed) if f.kind not in kinds]
        found = severest_first([*silence, *others])
        self._findings, self._suppressed = self.suppressions.sift(snapshot, found)
        if fresh and any(finding.kind in kinds for finding in self._findings):
            self._snap(snapshot, self._findings)
        return snapshot

    def _hears(self) -> bool:
        """Whether something has come lately, of whatever age: one of us is slow."""
        return self._clock() - self._received_ns < self.thresholds.unresponsive_after * 1e9

    def _is_worth_another_look(self, snapshot: Snapshot) -> bool:
        """Whether it may show now what it did not show before: who has the GIL."""
        known = self._stopped or (self._outside is not None and _explains(self._outside))
        return not known and snapshot.age(self._outside_ns) >= LOOK_AGAIN_S

    def _look_from_outside(self, process: Process) -> Stacks | None:
        """What py-spy sees; None if the target speaks up meanwhile: it is slow, and not silent.

        A busy machine makes a target late that nobody keeps from running. So what shows nobody
        with the GIL is looked at again before it is told.
        """
        received_ns = self._received_ns
        for left in reversed(range(LOOKS)):
            self._stopped = is_stopped(process)
            seen = py_spy_stacks(process)
            explained = self._stopped or _explains(seen) or not seen.threads or self._ended
            self._receive(LOOKS_APART_S if left and not explained else 0)
            if self._received_ns > received_ns:
                return None
            if explained:
                break
        return seen

    def dump(self) -> Path:
        with self._one_at_a_time:
            stall = self.take(self._last or self._poll(0))
        return (self._store or StallStore()).save(stall)

    def take(self, view: View) -> StallSnapshot:
        """A stall snapshot of `view`, with present stacks."""
        return self._take(view.snapshot, view.findings)

    @property
    def files(self) -> frozenset[str]:
        """The source files that have come up."""
        return self._state.files

    def close(self) -> None:
        self._source.close()

    def _now(self) -> int:
        """Our clock as the target's; stands still once the target is gone."""
        if self._ended is not None:
            return self._state.heard_ns
        return max(self._clock() - self._source.clock_offset_ns, self._state.heard_ns)

    def _receive(self, timeout: float) -> None:
        try:
            for kind, payload in self._source.receive(timeout):
                self._state.apply(kind, payload)
                self._received_ns = self._clock()
        except TargetLostError as error:
            self._ended = str(error)
            self._finished = isinstance(error, TargetEndedError)
            self._exit_code = error.exit_code
        except FrameError as error:
            self._ended = f"the agent sent something that cannot be understood: {error}"

    def _snap(self, snapshot: Snapshot, findings: tuple[Finding, ...]) -> None:
        stall = self._take(snapshot, findings)
        saved = ""
        if self._store is not None:
            try:
                saved = self._store.save(stall).stem
            except CannotSaveError as error:
                self._notice = str(error)
        self._stalls.append(replace(stall, id=saved or stall.id, saved=bool(saved)))

    def _take(self, snapshot: Snapshot, findings: tuple[Finding, ...]) -> StallSnapshot:
        seen = self._outside
        if seen is not None:  # it is silent, so its agent need not be asked
            stall = take(snapshot, findings, outside_stacks=lambda _process: seen)
        else:
            stall = take(snapshot, findings, agent_stacks=self._agent_stacks)
        return replace(
            stall, thresholds=self.thresholds.by_option(), suppressed=len(self._suppressed)
        )

    def _agent_stacks(self) -> tuple[ThreadStack, ...]:
        """Each thread's stack as the interpreter itself sees it; none if it does not answer."""
        self._state.present = None
        self._source.ask("stacks")
        deadline = self._clock() + int(STACKS_S * 1e9)
        while self._state.present is None and self._ended is None and self._clock() < deadline:
            self._receive(0.1)
        return self._state.present.threads if self._state.present is not None else ()
