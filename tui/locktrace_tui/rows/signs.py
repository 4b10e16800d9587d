"""The symbols and words by which states are told without colour."""

from __future__ import annotations

from locktrace.kernel_view import is_own
from locktrace.model import SIGNAL_KINDS, Finding, Mode, Severity
from locktrace_tui.rows.cells import Cell, Tone
from locktrace_tui.rows.index import LockFacts

SYMBOLS = {Severity.ERROR: "✘", Severity.WARNING: "▲", Severity.INFO: "◆"}
TONES = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING, Severity.INFO: Tone.ACCENT}
NOTHING = "·"
TIMES = "\N{MULTIPLICATION SIGN}"

_WORDS = {
    "self-deadlock": "deadlock",
    "leaked-lock": "leaked",
    "blocked-by-pending-writer": "blocked",
    "recursive-read": "recursive",
    "lock-order-inversion": "inversion",
    "held-while-blocking": "blocking",
    "stall": "stalled",
    "lost-wakeup": "lost wake",
    "writer-starvation": "starving",
    "long-hold": "long hold",
    "held-across-fork": "forked",
    "finalizer-reentry": "reentry",
    "event-loop-blocked": "loop stuck",
    "executor-starvation": "starving",
    "held-at-exit": "at exit",
    "cross-thread-release": "handed on",
}
_HEADLINES = {
    "stall": "STALLED",
    "blocked-by-pending-writer": "STALLED",
    "unresponsive": "NO ANSWER",
    "lost-wakeup": "STALLED",
    "event-loop-blocked": "STALLED",
    "writer-starvation": "STALLED",
    "executor-starvation": "DEADLOCK",
    "finalizer-reentry": "DEADLOCK",
    "deadlock": "DEADLOCK",
    "self-deadlock": "DEADLOCK",
    "leaked-lock": "LEAK",
}


def severity(finding: Finding) -> Cell:
    """Symbol and word of how bad it is."""
    return Cell(f"{SYMBOLS[finding.severity]} {finding.severity}", TONES[finding.severity])


def headline(finding: Finding) -> str:
    """The word a person would shout across the room, or nothing where there is none."""
    return _HEADLINES.get(finding.kind, "")


def state(facts: LockFacts) -> Cell:
    """Symbol and word of what is up with a lock: its worst finding, else what the ledger says."""
    if facts.worst:
        word = _WORDS.get(facts.worst.kind, facts.worst.kind)
        return Cell(f"{SYMBOLS[facts.worst.severity]} {word}", TONES[facts.worst.severity])
    if facts.waits:
        if facts.lock.kind in SIGNAL_KINDS:
            return Cell("◌ awaited", Tone.MUTED)
        return Cell("◐ contended", Tone.WARNING)
    if facts.held:
        return Cell("● held")
    if is_own(facts.lock.id):  # the kernel knows no holders
        return Cell("○ no waits", Tone.MUTED)
    return Cell("○ free", Tone.MUTED) if facts.used else Cell("· unused", Tone.MUTED)


def mode_letter(mode: Mode) -> str:
    """``R`` for a shared (read) lock, ``W`` for an exclusive one."""
    return "R" if mode is Mode.SHARED else "W"


def times(mode: Mode, count: int) -> str:
    """``W`` for one exclusive hold, else the letter, a times sign and the number."""
    letter = mode_letter(mode)
    return letter if letter == "W" and count == 1 else f"{letter}{TIMES}{count}"
