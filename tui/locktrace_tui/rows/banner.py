"""The state of the target in one sentence, and the line that says which process it is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from locktrace.family.apart import member_of
from locktrace.kernel_view import KernelView
from locktrace.model import SIGNAL_KINDS, Finding, Gap, Snapshot
from locktrace.session import is_stall
from locktrace.snapshots.joined import SILENCE
from locktrace.snapshots.kernel_text import gil_sentence
from locktrace.view import View
from locktrace.wording import age, count, duration
from locktrace_tui.rows.cells import Cell, Tone
from locktrace_tui.rows.signs import SYMBOLS, TONES, headline


@dataclass(frozen=True, slots=True)
class BannerText:
    """The banner's cells; ``tone`` is the colour of the whole.

    ``badge`` and ``state`` are the sentence, ``process`` the line below it, in parts, and
    ``mode`` says whether the picture is live. ``kernel`` is the line of the GIL, if the
    kernel was asked.
    """

    tone: Tone
    badge: Cell
    state: tuple[Cell, ...]
    process: tuple[Cell, ...]
    mode: Cell
    kernel: tuple[Cell, ...] = ()


CONNECTING = BannerText(
    Tone.MUTED,
    Cell("… CONNECTING", Tone.MUTED),
    (Cell("waiting for the first snapshot"),),
    (),
    Cell(""),
)


def banner(view: View, paused_for: float | None, latest: View) -> BannerText:
    """`view` is what is shown; `latest` is newer if the person has held the picture still.

    `paused_for` is for how long (s), None while it moves.
    """
    badge, tone, sentence = _verdict(view)
    state = [Cell(sentence)]
    more = len(view.findings) - 1
    if more > 0:
        state.append(Cell(f"(+ {count(more, 'finding')})", Tone.MUTED))
    if view.ended is not None:
        ended = Cell(f"{view.ended.rstrip('.')}. This is the last picture.", Tone.STRONG)
        state = [ended, badge, *state]
        badge = Cell("■ ENDED", Tone.STRONG)
    return BannerText(
        tone,
        badge,
        tuple(state),
        _process(view),
        _mode(view, paused_for, latest),
        _kernel(view),
    )


def _verdict(view: View) -> tuple[Cell, Tone, str]:
    if not view.findings:
        return Cell("✔ OK", Tone.SUCCESS), Tone.SUCCESS, _calm(view.snapshot)
    worst = _most_pressing(view.findings)
    tone = TONES[worst.severity]
    badge = Cell(f"{SYMBOLS[worst.severity]} {worst.severity.upper()}", tone)
    shout = headline(worst)
    return badge, tone, f"{shout} — {worst.message}" if shout else worst.message


def _most_pressing(findings: tuple[Finding, ...]) -> Finding:
    """Of the worst findings one by which work stands still, if there is one."""
    standing = (f for f in findings if f.severity is findings[0].severity and is_stall(f))
    return next(standing, findings[0])


def _calm(snapshot: Snapshot) -> str:
    """What there is to say where nothing is wrong; waits for a signal are no waits for a lock."""
    waits = [
        wait
        for wait in snapshot.waits
        if (lock := snapshot.locks.get(wait.lock)) and lock.kind not in SIGNAL_KINDS
    ]
    parts = ["No findings", count(len(snapshot.locks), "lock")]
    if Gap.HOLDERS not in snapshot.gaps:
        parts.append(f"{len({hold.lock for hold in snapshot.holds})} held")
    if waits:
        parts.append(f"{count(len(waits), 'waiter')}, the longest for {age(snapshot, waits)}")
    else:
        parts.append("nobody waits")
    return ": ".join([parts[0], ", ".join(parts[1:])]) + "."


def _process(view: View) -> tuple[Cell, ...]:
    snapshot = view.snapshot
    process = snapshot.process
    others = f" + {len(view.members) - 1}" if len(view.members) > 1 else ""
    parts = [
        Cell(f"pid {process.pid}{others}", Tone.STRONG),
        *([Cell(f"Python {process.python}")] if process.python else []),
        Cell(f"{process.core} core" if process.core else _coreless(snapshot)),
    ]
    if view.suppressed:
        parts.append(Cell(f"{count(len(view.suppressed), 'finding')} suppressed", Tone.MUTED))
    if snapshot.dropped:
        parts.append(Cell(f"▲ {count(snapshot.dropped, 'event')} dropped", Tone.WARNING))
    if snapshot.history.full:
        parts.append(Cell("▲ history is full", Tone.WARNING))
    if snapshot.faults:
        parts.append(Cell(f"▲ {count(snapshot.faults, 'agent fault')}", Tone.WARNING))
    return (*parts, Cell(shlex.join(process.command), Tone.MUTED))


def _coreless(snapshot: Snapshot) -> str:
    if snapshot.kernel is not None:
        return "no agent, seen by the kernel"
    return "its agent has given no answer"


def _kernel(view: View) -> tuple[Cell, ...]:
    """The GIL, and how far the two witnesses agree or what the one cannot know."""
    snapshot, kernel = view.snapshot, view.snapshot.kernel
    if kernel is None:
        return ()
    cells = [Cell(_whose_gil(view, kernel) + gil_sentence(snapshot, kernel))]
    if snapshot.gaps:
        cells.append(Cell("not known to the kernel: holders, names", Tone.MUTED))
    else:
        cells.append(Cell(f"{count(len(kernel.confirmed), 'wait')} confirmed", Tone.MUTED))
    if kernel.lost:
        cells.append(Cell(f"▲ {count(kernel.lost, 'message')} lost", Tone.WARNING))
    return tuple(cells)


def _whose_gil(view: View, kernel: KernelView) -> str:
    """Of several processes the one whose GIL is told of, as far as anybody is named."""
    named = [thread for thread, _ in (*kernel.gil.waiting, *kernel.gil.held)]
    pids = {member.number: member.process.pid for member in view.members}
    if len(pids) < 2 or not named or member_of(named[0]) not in pids:
        return ""
    return f"pid {pids[member_of(named[0])]} "


def _mode(view: View, paused_for: float | None, latest: View) -> Cell:
    if view.ended is not None:
        return Cell("■ ENDED", Tone.STRONG)
    if paused_for is not None:
        meanwhile = ", target ended" if latest.ended is not None else ""
        return Cell(f"‖ PAUSED {duration(paused_for)}{meanwhile}", Tone.WARNING)
    silent_for = _silent_for(view)
    if silent_for is None:
        return Cell("● LIVE", Tone.SUCCESS)
    return Cell(f"○ SILENT {duration(silent_for)}", Tone.WARNING)


def _silent_for(view: View) -> float | None:
    """How old (s) all that is shown is, because nobody gives word; None if somebody does."""
    silent = [f for f in (*view.findings, *view.suppressed) if f.kind == SILENCE]
    living = sum(not member.ended for member in view.members) or 1
    if len(silent) < living:
        return None
    return view.snapshot.age(max(finding.since_ns for finding in silent))
