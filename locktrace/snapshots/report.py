"""A stall snapshot as plain text: what is wrong first, then the locks, then every thread."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator

from locktrace.model import Snapshot, StallSnapshot
from locktrace.snapshots.contention_text import contention_lines
from locktrace.snapshots.finding_text import FindingText
from locktrace.snapshots.history_text import gaps_in
from locktrace.snapshots.joined import Joined, silence_of
from locktrace.snapshots.kernel_text import kernel_lines
from locktrace.snapshots.layout import wrap
from locktrace.snapshots.lock_text import lock_lines
from locktrace.snapshots.source import Source
from locktrace.snapshots.thread_text import thread_lines
from locktrace.wording import count, duration, listing, plain

WIDTH = 100


def render(stall: StallSnapshot, width: int = WIDTH) -> str:
    """The whole report, no line wider than `width` cells (at least 40), a newline at the end."""
    width = max(40, width)
    joined, source = Joined(stall), Source(stall.snapshot.process)
    lines = [
        *_header(stall, width),
        "",
        *_findings(joined, source, width),
        "",
        *_contention(stall, width),
        *([] if _is_unknown(stall) else [*_section("Locks", lock_lines(stall, width)), ""]),
        *_section("Threads", thread_lines(joined, source, width)),
        *_kernel(stall.snapshot, width),
    ]
    return "\n".join(lines) + "\n"


def _contention(stall: StallSnapshot, width: int) -> list[str]:
    lines = list(contention_lines(stall, width))
    return [*_section("Contended locks", lines), ""] if lines else []


def _kernel(snapshot: Snapshot, width: int) -> list[str]:
    if snapshot.kernel is None:
        return []
    lines = kernel_lines(snapshot, snapshot.kernel, width)
    return ["", *_section("The kernel's view", lines)]


def render_contention(stall: StallSnapshot, width: int = WIDTH) -> str:
    """The contended locks alone; empty if there are none."""
    return "".join(f"{line}\n" for line in _contention(stall, max(40, width)))


def suppressed_sentence(number: int) -> list[str]:
    """How many findings the project does not want told; nothing for none."""
    return [f"{count(number, 'finding')} suppressed."] if number else []


def render_findings(stall: StallSnapshot, width: int = WIDTH) -> str:
    """The findings alone."""
    width = max(40, width)
    lines = _findings(Joined(stall), Source(stall.snapshot.process), width)
    return "\n".join(lines) + "\n"


def _is_unknown(stall: StallSnapshot) -> bool:
    """Whether there is no ledger, as the agent has given no word since we came."""
    return silence_of(stall) is not None and not stall.snapshot.process.core


def _header(stall: StallSnapshot, width: int) -> Iterator[str]:
    snapshot, process = stall.snapshot, stall.snapshot.process
    python = f", Python {process.python}" if process.python else ""
    note = f" (not that in C: {plain(process.core_note)})" if process.core_note else ""
    core = f", {process.core} core{note}" if process.core else ""
    yield from _field("process", f"{process.pid}{python}{core}", width)
    if snapshot.others:
        pids = listing([str(other.pid) for other in snapshot.others], most=12)
        yield from _field("with", f"process {pids}", width)
    if process.command:
        yield from _field("command", " ".join(process.command), width)
    yield from _field("taken", _when(snapshot.taken_at), width)
    holds = len(snapshot.holds) + sum(lock.unlisted_holds for lock in snapshot.locks.values())
    sizes = [
        count(len(snapshot.locks), "lock"),
        count(holds, "hold"),
        count(len(snapshot.waits), "wait"),
        *_actors(snapshot),
    ]
    silence = silence_of(stall)
    if _is_unknown(stall):
        yield from _field("ledger", "not known, for the agent has given no answer", width)
    else:
        then = ""
        if silence is not None:
            then = f", as the agent last told them {duration(snapshot.age(silence.since_ns))} ago"
        yield from _field("ledger", ", ".join(sizes) + then, width)
    if snapshot.faults:
        faults = count(snapshot.faults, "fault")
        yield from _field("agent", f"{faults} of its own, which it kept from the program", width)
    for gap in gaps_in(snapshot.history):
        yield from _field("history", gap, width)
    sources = {"py-spy": "from py-spy", "agent": "from the agent"}
    origin = sources.get(stall.stacks_from, "none")
    note = f": {stall.stacks_note}" if stall.stacks_note else ""
    yield from _field("stacks", origin + note, width)


def _actors(snapshot: Snapshot) -> Iterator[str]:
    living = Counter(actor.kind for actor in snapshot.actors.values() if not actor.ended)
    for kind in ("thread", "task"):
        if living[kind] or (kind == "thread" and not living["task"]):
            yield count(living[kind], kind)


def _field(name: str, text: str, width: int) -> list[str]:
    return wrap(text, width, indent=" " * 9, first=f"{name:<9}")


def _when(taken_at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(taken_at))
    except (OverflowError, ValueError, OSError):  # a file may say anything
        return f"{taken_at} s since the epoch"


def _findings(joined: Joined, source: Source, width: int) -> list[str]:
    findings = joined.stall.findings
    suppressed = suppressed_sentence(joined.stall.suppressed)
    if not findings:
        return [" ".join(["No findings.", *suppressed])]
    text = FindingText(joined, source, width)
    lines: list[str] = []
    for number, finding in enumerate(findings, 1):
        lines += ["", *text.lines(number, finding)]
    lines += [line for sentence in suppressed for line in ("", sentence)]
    return _section(count(len(findings), "finding"), lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return [title, "-" * len(title), *lines]
