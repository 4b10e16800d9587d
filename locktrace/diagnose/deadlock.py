"""`deadlock`: actors that wait for each other in a ring, so that none can ever go on."""

from __future__ import annotations

from collections.abc import Iterator

from locktrace.diagnose.case import Case
from locktrace.diagnose.ledger import Ledger
from locktrace.diagnose.roles import creators, named, role_sites, wait_sites, wish_of
from locktrace.diagnose.wait_graph import Link, Ring, evidence
from locktrace.model import Certainty, Finding, Hold, Severity, Site
from locktrace.snapshots import kinds
from locktrace.wording import age, lock_name, taken, where, who

KIND = "deadlock"
MOST_TOLD = 6  # parties of a ring told in the message


def detect(case: Case) -> Iterator[Finding]:
    """One finding for each knot of actors, by its shortest ring, `deadlock_after` it closed.

    `evidence` is every hold and wait of the ring: two looks with the same ones prove that
    they were all there together, and nothing but another thread's release could end them.
    """
    for ring in case.rings:
        if ring.starved_pool(case.ledger) is not None:
            continue  # executor_starvation tells it
        if all(case.has_lasted(link.wait, case.thresholds.deadlock_after) for link in ring.links):
            yield _finding(case.ledger, ring)


def _finding(ledger: Ledger, ring: Ring) -> Finding:
    locks = tuple(dict.fromkeys(link.wait.lock for link in ring.links))
    return Finding(
        kind=KIND,
        severity=Severity.ERROR,
        certainty=_certainty(ring),
        message=_message(ledger, ring),
        locks=locks,
        sites=role_sites([*_sites(ledger, ring), *creators(ledger, locks)]),
        actors=named(link.wait.actor for link in ring.links),
        since_ns=max(link.wait.since_ns for link in ring.links),
        evidence=evidence(ring.links),
        count=ring.size,
    )


def _certainty(ring: Ring) -> Certainty:
    likely = any(link.hold is not None and _is_likely(link.hold) for link in ring.links)
    return Certainty.LIKELY if likely else Certainty.HELD_BY


def _is_likely(hold: Hold) -> bool:
    return hold.certainty is Certainty.LIKELY


def _parties(ring: Ring) -> Iterator[tuple[Link, Link]]:
    """Each party by the link that leads to it and the link by which it waits."""
    for position, link in enumerate(ring.links):
        yield ring.links[position - 1], link


def _locks_first(ledger: Ledger, ring: Ring) -> list[tuple[Link, Link]]:
    """The parties, those first by whom a sentence is best begun: who holds a lock."""
    parties = list(_parties(ring))
    for position, (leading, own) in enumerate(parties):
        hold = leading.hold
        if hold is not None and hold.actor == own.wait.actor and _is_lock(ledger, hold):
            return parties[position:] + parties[:position]
    return parties


def _is_lock(ledger: Ledger, hold: Hold) -> bool:
    return not kinds.is_answer(ledger.lock(hold.lock))


def _sites(ledger: Ledger, ring: Ring) -> list[tuple[Site | None, str]]:
    holds = [link.hold for link in ring.links if link.hold is not None]
    return [(hold.site, "holder") for hold in holds] + wait_sites(
        ledger, [link.wait for link in ring.links]
    )


def _message(ledger: Ledger, ring: Ring) -> str:
    recursive = _recursive_read(ledger, ring)
    if recursive:
        return recursive
    clauses = [_clause(ledger, leading, own) for leading, own in _locks_first(ledger, ring)]
    if len(clauses) > MOST_TOLD + 1:
        rest = len(clauses) - MOST_TOLD
        clauses[MOST_TOLD:] = [f"and so on through {rest} more and back to the first"]
    size = len(ring.links)
    end = "neither can go on" if size == 2 else f"none of the {size} can go on"
    return f"Deadlock: {'; '.join(clauses)}; {end}{_since(ledger, ring)}{_others(ring)}."


def _since(ledger: Ledger, ring: Ring) -> str:
    """Of a ring that was there when the agent came: how long it has lasted at least."""
    waits = [link.wait for link in ring.links]
    return f", for {age(ledger.snapshot, waits)} now" if all(w.found for w in waits) else ""


def _clause(ledger: Ledger, leading: Link, own: Link) -> str:
    snapshot, wait = ledger.snapshot, own.wait
    name = who(snapshot, wait.actor, wait.label)
    wish = f"waits {wish_of(ledger, wait)} in {where(wait.site)}"
    if own.behind is not None:
        writer = who(snapshot, own.behind.actor, own.behind.label)
        wish += f" behind the pending writer {writer}"
    if leading.hold is None:
        return f"{name} {wish}"
    held, known = lock_name(snapshot, leading.hold.lock), ledger.lock(leading.hold.lock)
    if leading.hold.actor != wait.actor:
        task = who(snapshot, leading.hold.actor, leading.hold.label)
        return f"{name}, in whose event loop {task} has to go on for {held}, {wish}"
    if kinds.is_own(known):
        return f"{name}, which has to end first, {wish}"
    if kinds.is_future(known):
        return f"{name} works on {held} and {wish}"
    holds = "likely holds" if _is_likely(leading.hold) else "holds"
    return f"{name} {holds} {held}, {taken(leading.hold)}, and {wish}"


def _recursive_read(ledger: Ledger, ring: Ring) -> str | None:
    """The sentence for a reader who asks again behind a writer who waits for that reader."""
    if len(ring.links) != 2:
        return None
    for reader, writer in _parties(ring):
        if reader.behind is None or writer.hold is None or reader.wait.lock != writer.wait.lock:
            continue
        snapshot, read, write = ledger.snapshot, reader.wait, writer.wait
        lock = lock_name(snapshot, read.lock)
        return (
            f"Deadlock by a recursive read: {who(snapshot, read.actor, read.label)} holds {lock} "
            f"for reading, taken in {where(writer.hold.site)}, and asks to read it again in "
            f"{where(read.site)}, behind the pending writer "
            f"{who(snapshot, write.actor, write.label)}, who waits in {where(write.site)} "
            f"for the first read to end{_others(ring)}."
        )
    return None


def _others(ring: Ring) -> str:
    others = ring.size - len(ring.links)
    return f"; {others} more {'is' if others == 1 else 'are'} caught with them" if others else ""
