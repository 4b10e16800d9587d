"""A call of each method that takes, gives back or waits for what its object is."""

import _thread
import contextlib

from checking import CORE
from things import OWNERS, ROWS, THING, Queue, Thing

from locktrace.agent.recorder import Usual, UsualWait


def method_calls():
    """By name; each leaves all as it was."""
    recorder = CORE.recorder
    method = recorder.quicken(Thing.take, Usual(Thing._try, ROWS, True, None, False))
    give = recorder.quicken(Thing.give, Usual(Thing._give, ROWS, NotImplemented, None, False))
    wait = recorder.quicken(Thing.wait, UsualWait(Thing._wait, ROWS, OWNERS))
    inner = _thread.allocate_lock()
    thing, queue_like = Thing(), Queue()
    for known in (thing, queue_like):
        ROWS[id(known)] = (recorder.create(THING, None),)

    def refused(method, *arguments):
        with contextlib.suppress(TypeError, ValueError):
            method(thing, *arguments)

    def taken():
        assert method(thing) is True
        assert method(thing) is False
        give(thing)

    def others():
        other = Thing()
        ROWS[id(other)] = (recorder.create(THING, None), other)
        with inner:
            method(other)
        del ROWS[id(other)]

    return {
        "Method": taken,
        "Method of many": others,
        "Method bound": lambda: (method.__get__(thing), repr(method), method.__name__),
        "Method raises": lambda: refused(method, 1, 2, 3),
        "Method made": lambda: recorder.quicken(
            Thing.take, Usual(Thing._try, ROWS, True, False, False)
        ),
        "Wait": lambda: (wait(thing), wait(thing, 1), wait(thing, None)),
        "Wait on behalf": lambda: queue_like.get(wait, thing),
        "Wait on behalf of who is not known": lambda: Queue().get(wait, thing),
        "Wait that only Python knows": lambda: (wait(Thing()), wait(thing, timeout=1)),
        "Wait raises": lambda: refused(wait, "raise"),
    }
