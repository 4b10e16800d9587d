"""Those who observe, and what each of them is told of the ledger; the publisher's thread only."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterable, Iterator, Sequence

from locktrace.agent import awaits, tasks
from locktrace.agent.arrival.usage import Usage
from locktrace.agent.client import Client, refusal
from locktrace.agent.encoder import Encoder
from locktrace.agent.primitives import tap
from locktrace.agent.reading import SETTLED_NS, Batch, Ledger, LockRow, Look
from locktrace.wire import frames

LOOK_NS = 250_000_000  # between two looks at who has left a lock behind
WORD_NS = 500_000_000  # the longest without a word while there is much to tell
MAX_CLIENTS = 64
MAX_LIVING = 500_000  # ids of locks that fit into a picture
FAREWELL_S = 2.0  # the longest that an exiting program waits for its last picture to leave
FLUSH_MS = 50  # between two looks at what has left


class Audience:
    """The observers of one process. Nothing here waits for one of them, but for `farewell`."""

    def __init__(self, ledger: Ledger, version: str, forked_ns: int, usage: Usage | None) -> None:
        self.clients: list[Client] = []
        self._ledger = ledger
        self._usage = usage
        self._encoder = Encoder(ledger, version, forked_ns, usage)
        self._dropped = 0
        self._running: list[tuple[int, int | None]] = []
        self._looked = 0
        self._spoke = 0

    @property
    def listens(self) -> bool:
        """Whether anybody is told of events."""
        return any(client.greeted for client in self.clients)

    def admit(self, connection: socket.socket) -> None:
        """A connection has come; one that may not observe is told why, and is closed."""
        client = Client(connection)
        reason = refusal(connection)
        if reason is None and len(self.clients) >= MAX_CLIENTS:
            reason = f"{MAX_CLIENTS} observers are here already"
        if reason is not None:
            client.dismiss(reason)
            return
        self.clients.append(client)

    def adopt(self, connection: socket.socket, *, greeted: bool) -> None:
        """Take on an observer whose connection was inherited or called.

        One that is `greeted` is known to listen, and is told all without being asked.
        """
        self.clients.append(Client(connection, greeted=greeted))
        self._ledger.listen(True)  # it is going to ask: what a short program does is not missed

    def close(self) -> None:
        """Let go of all, without a word."""
        for client in self.clients:
            client.close()

    def part_with_closed(self) -> None:
        """Forget those who have gone."""
        self.clients = [client for client in self.clients if not client.closed]

    def send_stacks(self, client: Client) -> None:
        """Each thread's frames, as they are now."""
        client.send(self._encoder.stacks())

    def introduce(self, client: Client) -> None:
        """Handshake, definitions and the full ledger; from now on there are events to record."""
        if client.introduced or not client.greeted:
            return
        first = not any(known.introduced for known in self.clients)
        client.introduced = True
        self._spoke = time.monotonic_ns()
        self._ledger.listen(True)
        self._look()  # first: it may find locks that are worth telling of
        self._tell_usage([known for known in self.clients if known.knows_locks])
        client.send(self._encoder.hello())
        # Nobody else must hear of births: what the picture has need not be told again.
        self.send_picture(client, born=self._ledger.drain_births() if first else [])

    def send_picture(self, client: Client, born: Sequence[LockRow] = ()) -> None:
        """All there is, in one piece: a picture without its definitions would be of no use.

        Those of `born` that have gone again are defined too, for there are events of them.
        """
        rows = [] if client.knows_locks else self._ledger.locks()
        living = {row.id for row in rows} if born else set()
        gone = [row for row in born if row.id not in living]
        locks = list(self._with_words(self._encoder.locks([*gone, *rows])))
        holds, waits = self._ledger.holds(), self._ledger.waits()
        totals = self._encoder.totals(everything=True, **self._tasks(), **self._news())
        missed = self._missed(client, rows)
        stacks = {row[4] for row in holds} | {row[4] for row in waits}
        holding = {row[3] for row in holds}
        actors = {row.id for row in self._ledger.actors() if not row.ended or row.id in holding}
        sent = self._send_defined(
            client,
            stacks,
            actors | self._runners(),
            before=locks,
            after=[
                *self._with_words(totals),
                self._encoder.ledger(holds, waits, **missed, **self._news()),
            ],
        )
        client.knows_locks = sent

    def _missed(self, client: Client, rows: Sequence[LockRow]) -> dict[str, object]:
        """What a picture says to an observer that lags: what is over it was not told.

        `rows` are all locks where it may have missed the ends of some.
        """
        if not client.lagging or client.knows_locks or len(rows) > MAX_LIVING:
            return {"missed": client.lagging}
        living = [row.id for row in self._ledger.actors() if not row.ended]
        return {"missed": True, "locks": [row.id for row in rows], "actors": living}

    def _send_defined(
        self,
        client: Client,
        stacks: set[int],
        actors: set[int],
        *,
        before: Sequence[bytes] = (),
        after: Sequence[bytes],
    ) -> bool:
        """Send frames, and between them what they name as far as the observer lacks it."""
        stacks, actors = stacks - client.stacks, actors - client.actors
        definitions = [self._encoder.references(stacks, actors)] if stacks or actors else []
        sent = client.send(*before, *definitions, *after)
        if sent:
            client.stacks |= stacks
            client.actors |= actors
        return sent

    def _with_words(self, made: Iterable[bytes]) -> Iterator[bytes]:
        """`made`, which takes long if it is much; who hears nothing for long takes the
        interpreter for stuck."""
        for data in made:
            yield data
            now = time.monotonic_ns()
            if now - self._spoke > WORD_NS:
                self._spoke = now
                self._give_word()

    def _give_word(self) -> None:
        for client in self._listeners():
            if not client.drained:
                client.flush()
            elif client.introduced:  # a handshake comes first
                client.send(frames.pack_json(frames.DEFINE, {}))

    def _news(self) -> dict[str, int]:
        return {"dropped": self._dropped, "faults": len(tap.faults)}

    def publish(self) -> None:
        """Tell what has happened since the last time; four times a second, totals and a look."""
        listeners = self._listeners()
        if not listeners:
            if all(client.closed for client in self.clients):
                awaits.forget()
                self._ledger.listen(False)
                self._encoder.rest()
                self._dropped = 0
            return
        self._spoke = time.monotonic_ns()
        batches, lost = self._ledger.drain_events()
        if lost:
            self._count_drops(lost, listeners)
        self._send_births(
            batches, listeners
        )  # after the drain: an event must not name what is unknown
        self._send_events(batches, listeners)
        now = time.monotonic_ns()
        if now - self._looked > LOOK_NS:
            self._looked = now
            self._send_totals(listeners)
            self._tell_usage(listeners)
            for client in listeners:
                if client.lagging and client.drained:
                    self.send_picture(client)
                    client.lagging = False

    def _send_births(self, batches: list[Batch], listeners: list[Client]) -> None:
        rows = self._ledger.drain_births()
        if self._usage is not None:
            self._usage.learn(rows, batches)
        for data in self._with_words(self._encoder.locks(rows)):
            for client in listeners:
                client.send(data)
        labels = self._ledger.drain_labels()
        if labels:
            data = self._encoder.labels(labels)
            for client in listeners:
                client.send(data)

    def _send_events(self, batches: list[Batch], listeners: list[Client]) -> None:
        for batch in batches:
            self._encoder.forget(batch.destroyed)
            data = frames.pack(frames.EVENTS, batch.payload)
            for client in listeners:
                if not client.lagging:
                    self._send_defined(client, batch.stacks, batch.actors, after=[data])
                elif batch.destroyed:  # which no picture tells
                    client.send(self._encoder.gone(batch.destroyed))

    def _count_drops(self, lost: int, listeners: list[Client]) -> None:
        self._dropped += lost
        for client in listeners:
            client.lagging = True  # a fresh picture puts right what they missed

    def _tell_usage(self, listeners: list[Client]) -> None:
        """What the code that waits tells of the locks that it waits for."""
        rows = self._usage.look() if self._usage is not None else []
        data = list(self._encoder.renamed(rows)) if rows else []
        for client in listeners:
            client.send(*data)

    def _send_totals(self, listeners: list[Client], settled_ns: int = SETTLED_NS) -> None:
        look = self._look(settled_ns)
        present = {row.id for row in self._ledger.actors()}
        self._encoder.keep_actors(present)
        forgotten = set[int]().union(*(client.actors for client in listeners)) - present
        news = {"returned": look.returned, "ended": [*look.ended, *forgotten], **self._tasks()}
        totals = self._encoder.totals(everything=False, **news, **self._news())
        data = list(self._with_words(totals))
        for client in listeners:
            client.actors &= present
            self._send_defined(client, set(), self._runners(), after=data)

    def _look(self, settled_ns: int = SETTLED_NS) -> Look:
        awaits.look()
        tasks.sweep()
        self._running = [
            (tap.recorder.id_of(thread), tap.recorder.id_of(task) if task is not None else None)
            for thread, task in tasks.running()
        ]
        return self._ledger.look(settled_ns)

    def _tasks(self) -> dict[str, object]:
        """What only the latest look knows of tasks."""
        giving_up = [tap.recorder.id_of(actor) for actor in awaits.giving_up]
        return {"running": self._running, "giving_up": giving_up}

    def _runners(self) -> set[int]:
        """Threads that run an event loop, and the tasks that run in them."""
        return {id for pair in self._running for id in pair if id is not None}

    def farewell(self, reason: str) -> None:
        """The last picture and a goodbye, written for at most FAREWELL_S."""
        listeners = self._listeners()
        self._send_totals(listeners, settled_ns=0)  # who has ended is in no picture
        for client in listeners:
            self.send_picture(client)
            client.send(frames.pack_json(frames.BYE, {"reason": reason}))
        deadline = time.monotonic() + FAREWELL_S
        while time.monotonic() < deadline and any(c.wants_write for c in listeners):
            poll = select.poll()
            for client in listeners:
                if client.wants_write:
                    poll.register(client.owned.number, select.POLLOUT)
            poll.poll(FLUSH_MS)
            for client in listeners:
                client.flush()
        self.close()

    def _listeners(self) -> list[Client]:
        return [client for client in self.clients if client.greeted and not client.closed]
