"""Each scenario in a process of its own, under load."""

from __future__ import annotations

import re

import pytest

SILENCE = 5  # queries in a row, of half a second each: longer than the convoy of slow-reload


@pytest.fixture
def is_silent(is_answered):
    """Whether a server answers none of several queries, UDP, in a row."""
    return lambda port: not any(is_answered(port) for _ in range(SILENCE))


@pytest.mark.parametrize(
    "scenario", ["leaked-read-lock", "leak-on-error", "lock-order", "recursive-read"]
)
def test_it_answers_until_a_reload_and_then_never_again(demo, until, is_silent, scenario):
    running = demo("--scenario", scenario, "--load", "50", "--reload-every", "1s")
    until(lambda: is_silent(running.port))
    assert running.end() == 0
    assert counted(running, "answered") > 0


def test_leaked_read_lock_does_not_need_load(demo, ask, until, is_silent):
    running = demo("--reload-every", "1s")  # one that comes before the query does no harm
    assert ask(running.port, "www.example.").answer
    until(lambda: is_silent(running.port))
    assert running.end() == 0
    assert counted(running, "answered") > 0


def counted(running, event):
    """How often a server that has ended says it has seen that."""
    return int(re.search(rf"{event} (\d+)", running.process.stdout.read())[1])


def test_leak_on_error_goes_on_as_long_as_nothing_fails(serve, ask, until):
    server = serve(scenario="leak-on-error", reload_every=0.05)
    assert ask(server.port, "www.example.").answer
    until(lambda: server.stats()["reloaded"] >= 3)
    assert ask(server.port, "www.example.").answer


def test_healthy_still_answers_after_several_reloads_and_failures(serve, ask, until):
    server = serve(reload_every=0.05)
    for _ in range(5):
        assert ask(server.port, "www.example.").answer
        ask(server.port, "broken.example.")
        reloads = server.stats()["reloaded"]
        until(lambda reloads=reloads: server.stats()["reloaded"] > reloads)
    assert ask(server.port, "www.example.").answer


def test_slow_reload_stops_and_then_goes_on(demo, until, is_answered):
    running = demo("--scenario", "slow-reload", "--load", "50", "--reload-every", "1s")
    for _ in range(2):
        until(lambda: not is_answered(running.port))
        until(lambda: is_answered(running.port))
    assert running.end() == 0
