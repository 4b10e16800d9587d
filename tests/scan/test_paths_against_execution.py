"""Programs made at random are run, and the scanner must have seen how each run can end."""

from __future__ import annotations

import ast
import random

import pytest

from locktrace.scan.analyst import Analyst
from locktrace.scan.discover import Discovery
from locktrace.scan.flow.builder import Builder
from locktrace.scan.flow.graph import RAISED, RETURNED
from locktrace.scan.operations import Reader
from locktrace.scan.paths import explore
from locktrace.scan.scope import Scope
from locktrace.scan.source import Source

RUNS = 60
HIGHEST_LEVEL = 3
STEPS = 400


class Lock:
    """Counts what is held; never blocks, so that wrong programs run too."""

    def __init__(self) -> None:
        self.held = 0
        self.most = 0

    def acquire(self) -> bool:
        self.held += 1
        self.most = max(self.most, self.held)
        return True

    def release(self) -> None:
        self.held -= 1

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


SIMPLE = {
    "lock.acquire()": 5,
    "lock.release()": 5,
    "may_raise()": 4,
    "return None": 1,
    "raise ValueError": 1,
}
IN_LOOPS = {"break": 1, "continue": 1}


def program(seed: int, simple: dict[str, int]) -> str:
    """A function of nested statements, the same one for the same seed."""
    chance = random.Random(seed)
    lines = block(chance, simple, 3, False)
    return "def f():\n" + "\n".join(indented(lines)) + "\n"


def block(chance: random.Random, simple: dict[str, int], depth: int, in_loop: bool) -> list[str]:
    lines: list[str] = []
    for _ in range(chance.randint(1, 3)):
        lines += statement(chance, simple, depth, in_loop)
    return lines


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def statement(
    chance: random.Random, simple: dict[str, int], depth: int, in_loop: bool
) -> list[str]:
    if depth == 0 or chance.random() < 0.45:
        choices = {**simple, **IN_LOOPS} if in_loop else simple
        return chance.choices(list(choices), list(choices.values()))

    def inner(loop: bool = in_loop) -> list[str]:
        return indented(block(chance, simple, depth - 1, loop))

    kind = chance.choice(["if", "while", "for", "try", "finally", "with", "match"])
    if kind == "if":
        return ["if coin():", *inner(), "else:", *inner()]
    if kind in ("while", "for"):
        head = "while coin():" if kind == "while" else "for _ in some():"
        return [head, *inner(True), "else:", *inner()]
    if kind in ("try", "finally"):
        caught, last = ("KeyError", "else") if kind == "try" else ("Exception", "finally")
        return ["try:", *inner(), f"except {caught}:", *inner(), f"{last}:", *inner()]
    if kind == "with":
        return ["with lock:", *inner()]
    return [
        "match coin():",
        "    case True:",
        *indented(inner()),
        "    case _:",
        *indented(inner()),
    ]


def run(code: object, chance: random.Random) -> tuple[str, int] | None:
    """How one run ended and what was held then; None if it went too long or past the levels."""
    lock, steps = Lock(), 0

    def coin() -> bool:
        nonlocal steps
        steps += 1
        if steps > STEPS:
            raise SystemExit
        return chance.random() < 0.5

    def may_raise() -> None:
        if coin():
            raise chance.choice([KeyError, ValueError])

    def some() -> list[int]:
        return [1] * chance.randint(0, 2)

    scope = {"lock": lock, "coin": coin, "may_raise": may_raise, "some": some}
    exec(code, scope)
    try:
        scope["f"]()
        end = "returned"
    except Exception:
        end = "raised"
    except SystemExit:
        return None
    return (end, lock.held) if lock.most <= HIGHEST_LEVEL else None


def predicted(text: str) -> dict[str, set[int]] | None:
    """The holds with which the function can end; None if the paths were too many."""
    lines = text.split("\n")
    every = list(range(1, len(lines) + 1))
    discovery = Discovery(Source("m.py", "m", text, lines, ast.parse(text), every, every))
    analyst = Analyst()
    analyst.add(discovery)
    function = discovery.index.functions["f"]
    reader = Reader(Scope(analyst.project, discovery, function, discovery.nodes["f"]))
    paths = explore(Builder(reader).build(discovery.nodes["f"]), lambda _: None)
    if paths.cut:
        return None
    ends = {"returned": RETURNED, "raised": RAISED}
    return {
        name: {sum(h.level for h in state.held) for state in paths.at(node)}
        for name, node in ends.items()
    }


def ends_of_runs(text: str, seed: int) -> set[tuple[str, int]]:
    code = compile(text, "m.py", "exec")
    chance = random.Random(seed)
    return {ended for ended in (run(code, chance) for _ in range(RUNS)) if ended is not None}


@pytest.mark.parametrize("seed", range(150))
def test_whatever_a_run_ends_with_held_the_scanner_has_seen(seed):
    text = program(seed, {name: n for name, n in SIMPLE.items() if name != "lock.release()"})
    ends = predicted(text)
    if ends is None:
        pytest.skip("so many paths that the rules keep silent")
    assert all(held in ends[way] for way, held in ends_of_runs(text, seed)), text


@pytest.mark.parametrize("seed", range(150, 250))
def test_however_a_run_ends_there_is_a_path_that_ends_so(seed):
    text = program(seed, SIMPLE)
    ends = predicted(text)
    if ends is None:
        pytest.skip("so many paths that the rules keep silent")
    assert {way for way, _ in ends_of_runs(text, seed)} <= {way for way in ends if ends[way]}, text
