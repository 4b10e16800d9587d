"""What each scenario's V2Filter does with its lock, without a server around it."""

from __future__ import annotations

from contextlib import closing

import pytest
from dnslib import QTYPE

from locktrace_demo.protocol.name import Name
from locktrace_demo.protocol.query import Query
from locktrace_demo.protocol.response import Rcode
from locktrace_demo.scenarios import SCENARIOS
from locktrace_demo.stores import open_store

GOOD = Query(Name.from_text("www.example."), QTYPE.A, 1)
MISSING = Query(Name.from_text("missing.example."), QTYPE.A, 1)
BROKEN = Query(Name.from_text("broken.example."), QTYPE.A, 1)


@pytest.fixture
def store():
    with closing(open_store("sqlite::memory:")) as opened:
        yield opened


def is_free(authority):
    if authority.ip_table.try_lock():
        authority.ip_table.unlock()
        return True
    return False


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_answers_correctly(store, scenario):
    authority = SCENARIOS[scenario](store)
    for _ in range(2):  # worked out, then from the cache
        assert str(authority.apply(GOOD).answers[0].data) == "192.0.2.10"
        assert authority.apply(MISSING).rcode is Rcode.NXDOMAIN
        with pytest.raises(ValueError, match="between 0-255"):
            authority.apply(BROKEN)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_tools_name_the_lock_after_v2filter(store, scenario):
    authority = SCENARIOS[scenario](store)
    assert type(authority).__name__ == "V2Filter"
    assert "ip_table" in vars(authority)


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != "leaked-read-lock"])
def test_the_lock_is_free_after_a_good_query(store, scenario):
    authority = SCENARIOS[scenario](store)
    authority.apply(GOOD)
    assert is_free(authority)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_lock_is_free_after_a_reload(store, scenario, monkeypatch):
    monkeypatch.setattr("locktrace_demo.scenarios.slow_reload.STORE_SECONDS", 0.01)
    authority = SCENARIOS[scenario](store)
    authority.reload()
    assert is_free(authority)
    assert not authority.cache.lock.locked()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_lock_is_free_after_a_failed_reload(store, scenario, monkeypatch):
    monkeypatch.setattr("locktrace_demo.scenarios.slow_reload.STORE_SECONDS", 0.01)
    authority = SCENARIOS[scenario](store)
    store.write({"www.example.": "rubbish"})
    with pytest.raises(Exception, match="rubbish"):
        authority.reload()
    assert is_free(authority)


def test_leaked_read_lock_leaks_one_read_lock_per_query(store):
    authority = SCENARIOS["leaked-read-lock"](store)
    for _ in range(3):
        authority.apply(GOOD)
    for _ in range(3):
        assert not is_free(authority)
        authority.ip_table.r_unlock()
    assert is_free(authority)


def test_leak_on_error_leaks_for_the_query_that_fails(store):
    authority = SCENARIOS["leak-on-error"](store)
    with pytest.raises(ValueError, match="between"):
        authority.apply(BROKEN)
    assert not is_free(authority)


@pytest.mark.parametrize("scenario", ["healthy", "lock-order", "recursive-read", "slow-reload"])
def test_the_others_release_when_a_query_fails(store, scenario):
    authority = SCENARIOS[scenario](store)
    with pytest.raises(ValueError, match="between"):
        authority.apply(BROKEN)
    assert is_free(authority)
    assert not authority.cache.lock.locked()
