"""Brings the agent up, or back, or takes all of it out again."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import contextlib
import sys

if __name__ != "locktrace_visit":  # there, all parts are one
    from locktrace.launch.inject.visitor.carried import Carried, is_ours
    from locktrace.launch.inject.visitor.main_thread import MainThread
    from locktrace.launch.inject.visitor.resident import RefusedError, Resident


def come_in(door):
    """The answer: `ok` with what is there now, or the reason why not."""
    resident = sys.__dict__.get("_locktrace") or sys.__dict__.setdefault("_locktrace", Resident())
    arrival = Arrival(door.bundle, resident)
    resident.begin(door.cancelled, arrival.abandon)
    try:
        switch = arrival.agent()
        if door.cancelled():
            raise RefusedError("it was called off")
        switch.AGENT.install()
        socket = switch.AGENT.socket
        if socket is None:
            trouble = switch.AGENT.publisher.trouble
            switch.AGENT.uninstall()
            raise RefusedError(f"its agent cannot be reached: {trouble}")
        ledger = switch.AGENT.core.ledger
        arrival.load_the_rest()
    except BaseException:
        arrival.undo()
        raise
    finally:
        resident.end()
    return {"socket": socket, "core": ledger.name, "note": ledger.note}


class Arrival:
    """The agent's modules: those of the program, those that sleep here, or those we bring."""

    def __init__(self, bundle, resident):
        self._bundle = bundle
        self._resident = resident
        self._finder = None
        self._ours = False

    def agent(self):
        """The module `locktrace.agent.switch`."""
        there = sys.modules.get("locktrace")
        if there is not None:
            self._refuse_stranger(there)
            self._wake_theirs()
            return sys.modules["locktrace.agent.switch"]
        self._ours = True
        if self._resident.asleep and self._resident.id == self._bundle["id"]:
            sys.modules.update(self._resident.asleep)
            self._resident.asleep = {}
        else:
            self._load()
        return sys.modules["locktrace.agent.switch"]

    def _refuse_stranger(self, there):
        version, ours = getattr(there, "__version__", None), self._bundle["version"]
        if version != ours:
            raise RefusedError(
                f"it has imported its own locktrace, version {version}, and this is {ours}: "
                "attach with that one"
            )

    def _wake_theirs(self):
        """A program that has imported `locktrace` and not used it has no agent yet."""
        if "locktrace.agent.switch" in sys.modules:
            return
        with MainThread():
            __import__("threading")
        try:
            __import__("locktrace.agent.switch")
        except ImportError as error:
            raise RefusedError(
                f"it has imported its own locktrace, whose agent cannot be imported now: {error}"
            ) from None

    def _load(self):
        self._finder = Carried(self._bundle)
        sys.meta_path.insert(0, self._finder)
        with MainThread():
            __import__("threading")
        __import__("locktrace.agent.switch")
        self._resident.id, self._resident.asleep = self._bundle["id"], {}

    def load_the_rest(self):
        """What the agent may want to import one day, when nobody would find it any more."""
        if self._finder is None:
            return
        for name in self._bundle["modules"]:
            if name not in sys.modules:
                with contextlib.suppress(ImportError):
                    __import__(name)
        self._step_aside()

    def _step_aside(self):
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def undo(self):
        """As if we had never come; what the program has imported itself stays."""
        self._undo("uninstall")

    def abandon(self):
        """The same in a child forked meanwhile: the agent's sockets, if any, are its parent's."""
        self._undo("abandon")

    def _undo(self, way_out):
        if not self._ours:
            return
        agent = getattr(sys.modules.get("locktrace.agent.switch"), "AGENT", None)
        if agent is not None:
            with contextlib.suppress(Exception):
                getattr(agent, way_out)()
        if self._finder is not None:
            self._step_aside()
        for name in [name for name in sys.modules if is_ours(name)]:
            sys.modules.pop(name, None)
