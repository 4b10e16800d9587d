"""Switching the agent on and off in this process; there is one agent to a process."""

from __future__ import annotations

import _thread
import atexit
import importlib
import os
import socket
import sys
import threading
import time
from typing import Any

from locktrace import __version__
from locktrace.agent.arrival.arrive import Arrival
from locktrace.agent.arrival.usage import Usage
from locktrace.agent.audience import FAREWELL_S
from locktrace.agent.caller import call
from locktrace.agent.core import Core, choose
from locktrace.agent.departure import Departure
from locktrace.agent.off import OFF
from locktrace.agent.primitives import configured, families, rwlock, tap, thread
from locktrace.agent.primitives.imports import ImportWatch
from locktrace.agent.primitives.patches import Patches
from locktrace.agent.primitives.rwlock import RWLockSpec
from locktrace.agent.primitives.table import entry_of
from locktrace.agent.publisher import Publisher
from locktrace.wire import frames

WORD_S = 0.5  # the longest that a program waits until who started it knows that we are here
LAST = -1000  # after the exit functions of queues and pools, which use locks


class Agent:
    """What is installed: the patches, the core, the publisher."""

    def __init__(self) -> None:
        self.core: Core | None = None
        self.publisher: Publisher | None = None
        self._departure = Departure(self.detach)
        self.installed = False
        self.specs: list[RWLockSpec] = []
        self._patches = Patches()
        self._watch = ImportWatch()
        self._hooked = False
        self._run = ""
        self._child: _Child | None = None
        self._first_thread: int | None = None
        self._ends_with_its_threads = False

    def install(self, connection: socket.socket | None = None, run: str = "") -> None:
        """Trace from now on; a second call changes nothing.

        `connection` is to an observer that knows us already; else the one that awaits us at
        the socket `run` is called, if it is given. Forked children call there too.
        A process that has no descriptor or thread left is traced all the same; the publisher
        gets what it lacks later. Nothing is traced in a subinterpreter: a thread of ours would
        keep it from ending.
        """
        if self.publisher is not None:
            self.publisher.look_now()
        if self.installed or not _in_main_interpreter():
            return
        if self.core is None:
            self.core = choose(os.environ)
        self.installed = True
        self._hook_process()
        tap.recorder = self.core.recorder
        tap.armings += 1
        self.core.arm()
        self._patch()
        self._arrive()
        self._run = run
        self._publish(connection)
        if self.publisher is not None and (connection is not None or run):
            # What comes next may keep the interpreter for good.
            self.publisher.await_word(WORD_S)

    def _publish(self, connection: socket.socket | None = None, forked_ns: int = 0) -> None:
        assert self.core is not None
        intake = self.core.intake()
        usage = Usage(self.core.ledger, intake.slots, self.specs) if intake is not None else None
        self.publisher = Publisher(
            self.core.ledger,
            __version__,
            self._departure,
            forked_ns,
            usage,
            may_be_last=self._ends_with_its_threads,
        )
        if connection is not None:
            self.publisher.adopt(connection)
        elif self._run and (called := call(self._run)) is not None:
            self.publisher.adopt(called, greeted=True)
        self.publisher.start(unseen=forked_ns > 0)

    @property
    def socket(self) -> str | None:
        """The path on which observers find us, None if there is none."""
        return self.publisher.path if self.publisher is not None else None

    def detach(self) -> None:
        """`uninstall`, asked for by an observer; an agent that was injected goes out of sight."""
        self.uninstall(frames.DETACHED)
        resident = vars(sys).get("_locktrace")
        if resident is not None:
            resident.put_away()

    def uninstall(self, reason: str = frames.GOODBYE) -> None:
        """Put every patched attribute back; locks made meanwhile go on working, untraced."""
        if not self.installed or self.core is None:
            return
        self.installed = False
        self._put_back(self.core)
        publisher, self.publisher = self.publisher, None
        if publisher is not None:
            publisher.stop(reason)
        self.core.ledger.forget_holds()

    def _put_back(self, core: Core) -> None:
        """A second call does what a first one has not come to."""
        self._watch.stop()
        self._patches.undo()
        core.disarm()
        tap.recorder = OFF

    def abandon(self) -> None:
        """`uninstall` in a forked child, if it must not be traced: the sockets are its parent's."""
        publisher, self.publisher = self.publisher, None
        if publisher is not None:
            publisher.abandon()
        self.uninstall()

    def register(self, spec: RWLockSpec) -> None:
        """Trace a read-write lock class, now if the agent is on, else when it will be."""
        if any(known.cls is spec.cls for known in self.specs):
            return
        self.specs.append(spec)
        if self.installed:
            rwlock.patch(self._patches, spec)

    def await_classes(self, rwlocks: str) -> None:
        """Trace the classes that LOCKTRACE_RWLOCKS names when their modules are imported."""
        configured.await_classes(rwlocks, self._watch, self.register)

    def _patch(self) -> None:
        assert self.core is not None
        families.patch(self._patches, self._watch, self.core.tables)
        for spec in self.specs:
            rwlock.patch(self._patches, spec)

    def _arrive(self) -> None:
        """Who holds and waits already; what cannot be found out is not in the first picture."""
        assert self.core is not None
        intake = self.core.intake()
        try:
            if intake is not None:
                Arrival(intake, _entry_of, self.specs).look()
        except Exception as error:
            tap.faults.append(f"arrival: {type(error).__name__}: {error}")

    # -- the process around us

    def _hook_process(self) -> None:
        if self._hooked:
            return
        self._hooked = True
        atexit.register(self._at_exit)
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork_in_parent,
            after_in_child=self._after_fork_in_child,
        )

    def _at_exit(self) -> None:
        if self.publisher is not None:
            self.publisher.stop()
        self._departure.await_end(FAREWELL_S)

    def _before_fork(self) -> None:
        self._first_thread = threading.main_thread().ident  # in the child it is whoever has forked
        if self.publisher is not None:
            self.publisher.pause()

    def _after_fork_in_parent(self) -> None:
        if self.publisher is not None:
            self.publisher.resume()

    def _after_fork_in_child(self) -> None:
        """The child is a process of its own: its own socket, its own thread, the parent's holds."""
        self._departure = Departure(self.detach)
        if self.core is not None and not self.installed:
            self._put_back(self.core)  # another thread may have been at it
        if self.publisher is None or self.core is None:
            return
        self._ends_with_its_threads |= _thread.get_ident() != self._first_thread
        self.publisher.abandon()
        self.core.ledger.forked()
        self._publish(forked_ns=time.monotonic_ns())
        self._await_multiprocessing()

    def _await_multiprocessing(self) -> None:
        """A child of `multiprocessing` leaves by os._exit, after its own exit functions only.

        They are forgotten between the fork and the child's work, so ours is added after that.
        """
        util = sys.modules.get("multiprocessing.util")
        if util is not None:
            self._child = _Child()  # its registry keeps nothing alive
            util.register_after_fork(self._child, self._begin_as_child)

    def _begin_as_child(self, _child: _Child) -> None:
        self._child = None  # so that the registry is as long as it was
        util = sys.modules["multiprocessing.util"]
        util.Finalize(None, self._at_exit, exitpriority=LAST)


class _Child:
    """That `multiprocessing` is about to begin a child's work."""


def _in_main_interpreter() -> bool:
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    try:
        interpreters = importlib.import_module(name)
    except ImportError:  # a Python without subinterpreters
        return True
    return bool(interpreters.get_current() == interpreters.get_main())


def _entry_of(kind: str, lock: object) -> Any:
    return thread.entry_of(lock) if kind == "Thread" else entry_of(kind, lock)


AGENT = Agent()


def install_from_environ(environ: Any) -> None:
    """Switch on as `locktrace run` asks for: its first process inherits a connection to it, the
    others call it."""
    inherited = environ.pop("LOCKTRACE_FD", "")  # our children must not take it for theirs
    connection = None
    if inherited.isascii() and inherited.isdigit():
        connection = socket.socket(fileno=int(inherited))
        connection.set_inheritable(False)
    AGENT.install(connection, environ.get("LOCKTRACE_RUN", ""))
    if AGENT.installed and (rwlocks := environ.get("LOCKTRACE_RWLOCKS", "")):
        AGENT.await_classes(rwlocks)
