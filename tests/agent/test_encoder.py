"""What is told of locks and threads; nothing is kept of those that have gone."""

from __future__ import annotations

import threading
from typing import Any

from locktrace.agent.encoder import Encoder
from locktrace.agent.ledger import Stack
from locktrace.wire import frames
from locktrace.wire.frames import FrameReader
from tests.agent.conftest import Tracing
from tests.support import eventually


def documents(*data: bytes) -> list[dict[str, Any]]:
    return [
        frames.unpack_json(payload)
        for _, payload in FrameReader(frames.MAX_TO_OBSERVER).feed(b"".join(data))
    ]


def totals(encoder: Encoder, *, everything: bool) -> set[int]:
    """The locks that the TOTALS frames tell of."""
    told = documents(*encoder.totals(everything=everything))
    return {row[0] for document in told for row in document["locks"]}


def test_totals_are_told_of_locks_that_were_defined_before(tracing: Tracing) -> None:
    encoder = Encoder(tracing.ledger, "1")
    lock = threading.Lock()
    id = tracing.lock("Lock").id
    for everything in (True, False):
        assert id not in totals(encoder, everything=everything)
    list(encoder.locks(tracing.ledger.locks()))
    for everything in (True, False):
        assert id in totals(encoder, everything=everything)
    del lock


def test_a_lock_that_nobody_heard_of_while_it_was_there_is_not_told_of_later(
    tracing: Tracing,
) -> None:
    tracing.ledger.listen(True)
    lock = threading.Lock()
    with lock:
        pass
    del lock
    tracing.ledger.listen(False)
    tracing.ledger.listen(True)
    told = {row.id for row in tracing.ledger.drain_births()}
    assert told <= {row.id for row in tracing.ledger.locks()}
    tracing.ledger.listen(False)


def test_a_thread_s_name_is_kept_as_long_as_the_ledger_has_the_thread(tracing: Tracing) -> None:
    encoder, lock = Encoder(tracing.ledger, "1"), threading.Lock()
    seen: list[tuple[int, str]] = []

    def name_of(actor: int) -> str:
        [row] = documents(encoder.references([], [actor]))[0]["actors"]
        return str(row[1])

    def work() -> None:
        with lock:
            id = tracing.me().id
            seen.append((id, name_of(id)))

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join()
    [(id, name)] = seen
    assert name == name_of(id) == "worker"
    encoder.keep_actors({id})
    assert name_of(id) == "worker"
    encoder.keep_actors(set())
    assert name_of(id) == f"thread {thread.native_id}"


def test_locks_of_one_place_differ_in_their_number_alone(tracing: Tracing) -> None:
    locks = [threading.Lock() for _ in range(3)]
    encoder = Encoder(tracing.ledger, "1")
    [told] = documents(*encoder.locks(tracing.locks("Lock")))
    base = f"{test_locks_of_one_place_differ_in_their_number_alone.__name__}.locks[]"
    assert [row[2] for row in told["locks"]] == [base, f"{base} #2", f"{base} #3"]
    assert len({tuple(row[3]) for row in told["locks"]}) == 1
    del locks


def test_what_a_stack_says_of_its_locks_is_not_asked_of_the_next_stack(tracing: Tracing) -> None:
    """Ids of stacks are the core's; the encoder must not take one for another's."""
    one, other = threading.Lock(), threading.Lock()
    encoder = Encoder(tracing.ledger, "1")
    [told] = documents(*encoder.locks(tracing.locks("Lock")))
    names = [row[2].rpartition(".")[2] for row in told["locks"]]
    assert names == ["one", "other"]
    assert isinstance(tracing.locks("Lock")[0].stack, Stack)
    del one, other


def test_a_frame_at_an_instruction_without_a_line_is_at_the_first_of_its_function(
    tracing: Tracing,
) -> None:
    told = threading.Event()

    def without_lines() -> None:
        told.wait()

    without_lines.__code__ = without_lines.__code__.replace(co_linetable=b"")
    thread = threading.Thread(target=without_lines, daemon=True)
    thread.start()

    def lines() -> list[int]:
        [document] = documents(Encoder(tracing.ledger, "1").stacks())
        sites = [site for _, _, frames in document["threads"] for site in frames]
        return [line for _, line, name in sites if name.endswith("without_lines")]

    assert eventually(lines) == [without_lines.__code__.co_firstlineno]
    told.set()
    thread.join()
