"""The kernel's view in a document: as its records, field by field, and back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from locktrace.kernel_view import (
    Disagreement,
    Dispute,
    Futex,
    FutexKind,
    FutexWait,
    GilUse,
    KernelView,
    ThreadTotals,
    WakeUp,
)
from locktrace.snapshots.fields import Fields


def to_fields(view: KernelView) -> dict[str, Any]:
    """As dicts and lists; pairs become objects, so that each number has a name."""
    document = asdict(view)
    for futex in document["futexes"]:
        futex["lengths"] = [{"under_us": end, "waits": n} for end, n in futex["lengths"]]
    gil = document["gil"]
    gil["waiting"] = [{"thread": thread, "share": share} for thread, share in gil["waiting"]]
    gil["held"] = [{"thread": thread, "looks": looks} for thread, looks in gil["held"]]
    return document


def from_fields(fields: Fields) -> KernelView:
    """What `to_fields` was given."""
    return KernelView(
        engine=fields.text("engine"),
        since_ns=fields.integer("since_ns"),
        threshold_ns=fields.integer("threshold_ns"),
        futexes=tuple(map(_futex, fields.objects("futexes"))),
        threads=tuple(map(_totals, fields.objects("threads"))),
        waits=tuple(map(_wait, fields.objects("waits"))),
        wakeups=tuple(map(_wakeup, fields.objects("wakeups"))),
        gil=_gil(fields.object("gil")),
        disagreements=tuple(map(_disagreement, fields.objects("disagreements"))),
        confirmed=fields.integers("confirmed"),
        untold=fields.natural("untold"),
        lost=fields.natural("lost"),
        notes=fields.texts("notes"),
    )


def _futex(fields: Fields) -> Futex:
    return Futex(
        fields.integer("lock"),
        fields.natural("address"),
        fields.word("kind", FutexKind),
        fields.natural("waits"),
        fields.natural("off_cpu_ns"),
        fields.natural("longest_ns"),
        fields.natural("gil_after_ns"),
        tuple((row.natural("under_us"), row.natural("waits")) for row in fields.objects("lengths")),
        fields.text("library"),
        fields.text("symbol"),
    )


def _totals(fields: Fields) -> ThreadTotals:
    return ThreadTotals(
        fields.integer("thread"),
        fields.integer("lock"),
        fields.natural("waits"),
        fields.natural("off_cpu_ns"),
    )


def _wait(fields: Fields) -> FutexWait:
    return FutexWait(
        fields.integer("thread"),
        fields.integer("lock"),
        fields.natural("address"),
        fields.integer("since_ns"),
        fields.flag("at_least"),
        fields.optional_integer("cpu"),
        fields.optional_integer("priority"),
    )


def _wakeup(fields: Fields) -> WakeUp:
    return WakeUp(
        fields.integer("lock"),
        fields.integer("waker"),
        fields.integer("woken"),
        fields.natural("count"),
    )


def _gil(fields: Fields) -> GilUse:
    return GilUse(
        tuple((row.integer("thread"), row.real("share")) for row in fields.objects("waiting")),
        fields.optional_integer("holder"),
        tuple((row.integer("thread"), row.natural("looks")) for row in fields.objects("held")),
        fields.natural("looks"),
    )


def _disagreement(fields: Fields) -> Disagreement:
    return Disagreement(
        fields.integer("id"),
        fields.word("dispute", Dispute),
        fields.integer("thread"),
        fields.integer("lock"),
        fields.integer("since_ns"),
    )
