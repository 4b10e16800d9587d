"""A call of each method that lasts: a constructor, one that builds, one that works."""

import contextlib

from checking import CORE
from things import MADE, ROWS, THING, Made, MadeOfSlots, Thing, Worker

from locktrace.agent.ledger import HIDDEN
from locktrace.agent.recorder import Usual, UsualBuilding, UsualMaking, UsualWork


def scope_calls():
    """By name; each leaves all as it was."""
    recorder = CORE.recorder
    thing, other = Thing(), Thing()
    ROWS[id(thing)] = (recorder.create(THING, None), None, recorder.create(THING, None))
    ROWS[id(other)] = (None, None, None)
    hidden = {id(makes_its_own_affair.__code__): makes_its_own_affair.__code__}
    make = recorder.quicken(Made.again, UsualMaking(Made.begin, MADE, THING, False, hidden))
    build = recorder.quicken(Thing.wait, UsualBuilding(Thing.build, ROWS))
    work = recorder.quicken(Worker.rest, UsualWork(Worker.run, ROWS, "item"))
    timed = recorder.quicken(Thing.take, Usual(Thing._try, ROWS, True, None, False, True))
    give = recorder.quicken(Thing.give, Usual(Thing._give, ROWS, NotImplemented, None, False))

    def refused(method, thing, *arguments):
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            method(thing, *arguments)

    def built_by(who):
        scope = recorder.build(who)
        make(Made())
        recorder.built(scope)

    def made_without_weak_reference():
        made = MadeOfSlots()
        make(made)
        del MADE[id(made)]

    def made_twice():
        made = Made()
        make(made)
        make(made)

    return {
        "Constructor": lambda: make(Made()),
        "Constructor of an inner one": lambda: built_by(ROWS[id(thing)][0]),
        "Constructor of a hidden one": lambda: built_by(HIDDEN),
        "Constructor in a function that hides": lambda: makes_its_own_affair(make),
        "Constructor without weak references": made_without_weak_reference,
        "Constructor, twice": made_twice,
        "Constructor raises": lambda: (refused(make, Made(), "raise"), refused(make, Made(), 1, 2)),
        "Constructor of nothing": lambda: refused(lambda _: make(), None),
        "Constructor made": lambda: recorder.quicken(
            Made.again, UsualMaking(Made.begin, MADE, THING, True, {})
        ),
        "Builds": lambda: (build(thing), build(other), build(Thing())),
        "Builds, raises": lambda: refused(build, thing, "raise"),
        "Works": lambda: (work(Worker(thing)), work(Worker(other)), work(Worker(None))),
        "Works, raises": lambda: (refused(work, Worker(thing), "raise"), refused(work, other)),
        "Takes with a time-out": lambda: (timed(thing, timeout=1), give(thing)),
        "Takes with something else": lambda: refused(lambda thing: timed(thing, wrong=1), thing),
    }


def makes_its_own_affair(make):
    make(Made())
