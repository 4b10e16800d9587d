"""LT101 and LT102: locks that stay held on some path."""

from __future__ import annotations

import pytest

HEAD = """\
import threading
lock = threading.Lock()
def f(x, g):
"""


def body(text: str) -> str:
    """A function on a module's lock; its first line is line 4."""
    return HEAD + "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "lock.acquire()\nif x:\n    return 1\nlock.release()",
        "lock.acquire()\nif x:\n    raise ValueError\nlock.release()",
        "lock.acquire()\nfor y in x:\n    if y:\n        return y\nlock.release()",
        (
            "lock.acquire()\nwhile x:\n    if x > 3:\n        break\n    x += 1\nelse:\n"
            "    lock.release()"
        ),
        "lock.acquire()\nmatch x:\n    case 1:\n        lock.release()\n    case 2:\n        pass",
        "lock.acquire()\ntry:\n    g()\nexcept ValueError:\n    return None\nlock.release()",
        "lock.acquire()\ntry:\n    g()\nexcept ValueError:\n    lock.release()\nelse:\n    pass",
        "while g():\n    lock.acquire()\n    if g(x):\n        continue\n    lock.release()",
        "if not lock.acquire(timeout=3):\n    return\nif x:\n    return\nlock.release()",
        "got = lock.acquire(False)\nif got:\n    if x:\n        return\n    lock.release()",
    ],
    ids=[
        "return",
        "raise",
        "return-in-loop",
        "break",
        "match",
        "handler-returns",
        "else-forgets",
        "continue",
        "try-lock",
        "try-lock-in-variable",
    ],
)
def test_a_path_that_ends_without_the_release_is_an_error(codes, text):
    found = codes(body(text))
    assert ("LT101", 4 if not text.startswith("while") else 5) in found


@pytest.mark.parametrize(
    "text",
    [
        "with lock:\n    if x:\n        return g()\n    raise ValueError",
        (
            "lock.acquire()\ntry:\n    if x:\n        return g()\n    for y in x:\n"
            "        break\nfinally:\n    lock.release()"
        ),
        (
            "lock.acquire()\ntry:\n    g()\nexcept:\n    lock.release()\n    raise\nelse:\n"
            "    lock.release()"
        ),
        "if x:\n    lock.acquire()\nx.append(1)\nif x:\n    lock.release()",
        "if lock.acquire(False):\n    try:\n        g()\n    finally:\n        lock.release()",
        "while not lock.acquire(timeout=1):\n    g()\ntry:\n    g()\nfinally:\n    lock.release()",
        "if not lock.acquire(blocking=False):\n    return\nlock.release()",
        "if (got := lock.acquire(False)) and x:\n    lock.release()\nelif got:\n    lock.release()",
        (
            "got = lock.acquire(timeout=x)\ntry:\n    g()\nfinally:\n    if got:\n"
            "        lock.release()"
        ),
        "for y in x:\n    with lock:\n        if y:\n            continue\n        break",
        (
            "try:\n    lock.acquire()\n    try:\n        g()\n    finally:\n"
            "        lock.release()\nfinally:\n    g()"
        ),
        (
            "match x:\n    case 1:\n        lock.acquire()\n        lock.release()\n"
            "    case _:\n        pass"
        ),
    ],
    ids=[
        "with",
        "finally",
        "bare-except",
        "same-question",
        "try-lock",
        "try-loop",
        "try-or-return",
        "walrus",
        "result-kept",
        "with-in-loop",
        "nested-finally",
        "match",
    ],
)
def test_a_lock_that_is_released_on_every_path_is_not_blamed(codes, text):
    assert codes(body(text)) == []


def test_a_call_that_may_raise_before_the_release_is_a_warning_of_its_own(scanned):
    report = scanned(body("lock.acquire()\ng()\nlock.release()"))
    assert [(f.code, str(f.severity), f.line) for f in report.findings] == [("LT102", "warning", 4)]


def test_the_path_is_told_line_by_line(scanned):
    report = scanned(body("lock.acquire()\nif x:\n    return 1\nlock.release()"))
    steps = [(step.line, step.text) for step in report.findings[0].path]
    assert steps == [
        (4, "acquired here"),
        (5, "the test is true"),
        (6, "returns"),
        (6, "the function ends, and lock is still held"),
    ]


def test_a_generator_that_is_closed_at_its_yield_leaks(codes):
    assert codes(body("lock.acquire()\nyield x\nlock.release()")) == [("LT102", 4)]


def test_a_generator_with_a_finally_does_not_leak(codes):
    assert codes(body("lock.acquire()\ntry:\n    yield x\nfinally:\n    lock.release()")) == []


def test_a_cancelled_await_leaks_an_asyncio_lock(codes):
    text = """\
    import asyncio
    lock = asyncio.Lock()
    async def f(g):
        await lock.acquire()
        await g()
        lock.release()
    """
    assert codes(text) == [("LT102", 4)]


def test_an_exception_that_a_context_manager_ends_goes_on_after_it(codes):
    text = (
        "from contextlib import suppress\nlock.acquire()\n"
        "with suppress(ValueError):\n    g()\nlock.release()"
    )
    assert ("LT101", 5) not in codes(body(text))


def test_a_finally_that_returns_swallows_the_exception(codes):
    assert (
        codes(body("lock.acquire()\ntry:\n    g()\nfinally:\n    lock.release()\n    return 1"))
        == []
    )


def test_a_nested_function_is_judged_by_itself(codes):
    text = """\
    import threading
    class A:
        def __init__(self):
            self._lock = threading.Lock()
        def f(self):
            def inner(x):
                self._lock.acquire()
                if x:
                    return 1
                self._lock.release()
            return inner
    """
    assert codes(text) == [("LT101", 7)]
