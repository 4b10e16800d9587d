"""The locks of logging have the names that people know."""

from __future__ import annotations

from tests.agent.conftest import NEEDS_C_CORE
from tests.agent.ledgers import holds
from tests.support import observed, running, until


@NEEDS_C_CORE
def test_handlers_old_and_new_and_the_module_are_named_in_the_c_core(python: str) -> None:
    names = {"logging.StreamHandler.lock", "logging.FileHandler.lock", "logging._lock"}
    with running("logging_held", python=python, trace=False, LOCKTRACE_CORE="c") as target:
        target.expect("ready")
        with observed(target) as session:
            until(session, lambda v: {name for _, _, name in holds(v.snapshot)} >= names)
            target.tell("on")


def test_a_new_handler_is_named_with_the_python_core(python: str) -> None:
    with running("logging_held", python=python, trace=False, LOCKTRACE_CORE="py") as target:
        target.expect("ready")
        with observed(target) as session:
            held = ("MainThread", "RLock", "logging.FileHandler.lock")
            until(session, lambda v: held in holds(v.snapshot))
            target.tell("on")
