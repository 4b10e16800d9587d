"""From a JSON document back to the stall snapshot that it was made of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from locktrace.durations import MOST_COUNTS, NO_DURATIONS, Durations
from locktrace.kernel_view import KernelView
from locktrace.model import (
    NO_HISTORY,
    Actor,
    Certainty,
    Contention,
    Finding,
    Gap,
    History,
    Hold,
    Lock,
    Mode,
    Process,
    RoleSite,
    Severity,
    Site,
    SiteTotal,
    Snapshot,
    Stack,
    StallSnapshot,
    ThreadStack,
    Wait,
)
from locktrace.snapshots.document import SCHEMA
from locktrace.snapshots.fields import Fields, MalformedDumpError
from locktrace.snapshots.kernel_document import from_fields


def from_json(text: str | bytes) -> StallSnapshot:
    """As `from_document`, from the text of a file."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedDumpError("This is no locktrace dump: it is not JSON.") from None
    return from_document(document)


def from_document(document: Any) -> StallSnapshot:
    """The stall snapshot that `to_document` was given (holds left out for number stay so).

    MalformedDumpError, with a sentence that says what is wrong and where, for a version of
    the schema that is not ours and for anything that does not keep to it.
    """
    fields = Fields(document)
    schema = fields.integer("schema")
    if schema != SCHEMA:
        raise MalformedDumpError(
            f"This dump follows schema {schema}, and this locktrace reads schema {SCHEMA}; "
            "use the version of locktrace that wrote it."
        )
    stacks = fields.object("stacks")
    return StallSnapshot(
        id=fields.text("id"),
        snapshot=_snapshot(fields),
        findings=tuple(_finding(item) for item in fields.objects("findings")),
        threads=tuple(_stacks(fields)),
        stacks_from=stacks.text("from"),
        stacks_note=stacks.text("note"),
        thresholds=fields.added_reals("thresholds"),
        suppressed=fields.added_natural("suppressed"),
    )


def _snapshot(fields: Fields) -> Snapshot:
    locks = [_lock(item) for item in fields.objects("locks")]
    actors = [_actor(item) for item in fields.objects("threads") if not item.is_null("id")]
    return Snapshot(
        process=_process(fields.object("process")),
        taken_ns=fields.integer("taken_ns"),
        taken_at=fields.real("taken_at"),
        locks={lock.id: lock for lock in locks},
        actors={actor.id: actor for actor in actors},
        holds=tuple(_hold(item) for item in fields.objects("holds")),
        waits=tuple(_wait(item) for item in fields.objects("waits")),
        dropped=fields.integer("dropped"),
        faults=fields.integer("faults"),
        gaps=frozenset(Gap[name.upper()] for name in _gaps(fields)),
        kernel=_kernel(fields),
        history=_history(fields),
    )


def _history(fields: Fields) -> History:
    """As much of it as a document has; older ones have none."""
    told, sites = fields.added_object("history"), fields.added_object("contention")
    lost, full = (told.natural("lost"), told.flag("full")) if told is not None else (0, False)
    contention = dict(map(_contention, sites.objects("locks"))) if sites is not None else {}
    known = lost or full or contention
    return History(lost=lost, full=full, contention=contention) if known else NO_HISTORY


def _contention(fields: Fields) -> tuple[int, Contention]:
    waited, held = (
        tuple(_total(total) for total in fields.objects(name)) for name in ("waited_at", "held_at")
    )
    return fields.integer("lock"), Contention(waited, held)


def _total(fields: Fields) -> SiteTotal:
    site = None if fields.is_null("site") else _site(fields.object("site"))
    return SiteTotal(site, fields.natural("times"), fields.natural("total_ns"))


def _gaps(fields: Fields) -> tuple[str, ...]:
    known = {gap.name.lower() for gap in Gap}
    return tuple(name for name in fields.added_texts("gaps") if name in known)


def _kernel(fields: Fields) -> KernelView | None:
    """Older documents have no such field."""
    kernel = fields.added_object("kernel")
    return from_fields(kernel) if kernel is not None else None


def _process(fields: Fields) -> Process:
    return Process(
        pid=fields.integer("pid"),
        created=fields.real("created"),
        python=fields.text("python"),
        core=fields.text("core"),
        command=fields.texts("command"),
        agent=fields.text("agent"),
        forked_ns=fields.added_natural("forked_ns"),
        core_note=fields.added_text("core_note"),
    )


def _lock(fields: Fields) -> Lock:
    created = None if fields.is_null("created_at") else _site(fields.object("created_at"))
    return Lock(
        id=fields.integer("id"),
        kind=fields.text("kind"),
        name=fields.text("name"),
        created_at=created,
        parent=fields.optional_integer("parent"),
        acquisitions=fields.integer("acquisitions"),
        contended=fields.integer("contended"),
        wait_ns=fields.integer("wait_ns"),
        hold_ns=fields.integer("hold_ns"),
        foreign_releases=fields.integer("foreign_releases"),
        unlisted_holds=fields.integer("unlisted_holds"),
        rate=fields.real("rate_per_s"),
        hold_times=_durations(fields, "hold_times"),
        wait_times=_durations(fields, "wait_times"),
        address=fields.added_natural("address"),
        os_name=fields.added_text("os_name"),
        os_id=fields.added_text("os_id"),
        acquire_sites=tuple(_site(item) for item in fields.added_objects("acquire_sites")),
    )


def _durations(fields: Fields, name: str) -> Durations:
    if not fields.has(name):  # written before there were any
        return NO_DURATIONS
    times = fields.object(name)
    return Durations(times.naturals("counts")[:MOST_COUNTS], times.natural("longest_ns"))


def _actor(fields: Fields) -> Actor:
    return Actor(
        id=fields.integer("id"),
        name=fields.text("name"),
        kind=fields.text("kind"),
        native_id=fields.optional_integer("native_id"),
        label=fields.text("label"),
        ended=fields.flag("ended"),
        task=fields.added_optional_integer("task"),
    )


def _hold(fields: Fields) -> Hold:
    return Hold(
        id=fields.integer("id"),
        lock=fields.integer("lock"),
        mode=fields.word("mode", Mode),
        actor=fields.integer("thread"),
        stack=_stack(fields),
        since_ns=fields.integer("since_ns"),
        label=fields.text("label"),
        returned=fields.flag("returned"),
        site_index=fields.natural("site_index"),
        found=fields.added_flag("found"),
        certainty=fields.added_word("certainty", Certainty, Certainty.HELD_BY),
    )


def _wait(fields: Fields) -> Wait:
    return Wait(
        id=fields.integer("id"),
        lock=fields.integer("lock"),
        mode=fields.word("mode", Mode),
        actor=fields.integer("thread"),
        stack=_stack(fields),
        since_ns=fields.integer("since_ns"),
        label=fields.text("label"),
        timed=fields.flag("timed"),
        address=fields.added_natural("address"),
        found=fields.added_flag("found"),
        site_index=fields.added_natural("site_index"),
    )


def _finding(fields: Fields) -> Finding:
    return Finding(
        kind=fields.text("kind"),
        severity=fields.word("severity", Severity),
        certainty=fields.word("certainty", Certainty),
        message=fields.text("message"),
        locks=tuple(item.integer("id") for item in fields.objects("locks")),
        sites=tuple(RoleSite(_site(i), i.text("role")) for i in fields.objects("sites")),
        actors=tuple(item.integer("id") for item in fields.objects("threads")),
        since_ns=fields.integer("since_ns"),
        evidence=frozenset(fields.integers("evidence")),
        count=fields.integer("count"),
        past=tuple(_hold(item) for item in fields.added_objects("past")),
    )


def _stacks(fields: Fields) -> Iterator[ThreadStack]:
    """The present stacks, in the order of their OS thread ids, as `take` puts them."""
    seen = [item for item in fields.objects("threads") if not item.is_null("active")]
    for item in sorted(seen, key=lambda item: item.optional_integer("native_id") or 0):
        yield ThreadStack(
            native_id=item.optional_integer("native_id"),
            name=item.text("name"),
            frames=_stack(item),
            owns_gil=item.flag("owns_gil"),
            active=item.flag("active"),
            doing=item.added_text("doing"),
        )


def _stack(fields: Fields) -> Stack:
    return tuple(_site(item) for item in fields.objects("stack"))


def _site(fields: Fields) -> Site:
    return Site(fields.text("file"), fields.integer("line"), fields.text("function"))
