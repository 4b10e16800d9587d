"""Where the zone is kept, and what a reload makes of changes there."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
from contextlib import closing

import pytest

from locktrace_demo.address_table import AddressTable
from locktrace_demo.errors import StoreError
from locktrace_demo.seed import seed_rows
from locktrace_demo.stores import open_store

SOA = "3600 SOA ns1.example. hostmaster.example. 1 3600 600 86400 60"


@pytest.fixture
def redis_url(tmp_path, until):
    """A redis-server of our own, on a free port."""
    redis = pytest.importorskip("redis", reason="the Python module redis is not installed")
    if not (program := shutil.which("redis-server")):
        pytest.skip("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir"]
    process = subprocess.Popen([*command, str(tmp_path)], stdout=subprocess.DEVNULL)

    def is_up():
        with closing(redis.Redis(port=port)) as client:
            try:
                return client.ping()
            except redis.ConnectionError:
                return False

    try:
        until(is_up)
        yield f"redis://127.0.0.1:{port}/3"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    """A store that lasts, of each kind."""
    if request.param == "redis":
        return request.getfixturevalue("redis_url")
    return f"sqlite://{tmp_path}/zone.db"


def addresses(response):
    return {rdata.address for rrset in response.answer for rdata in rrset}


def test_an_empty_store_gets_the_zone_to_start_with(url):
    with closing(open_store(url)) as store:
        assert dict(store.read()) == seed_rows()


def test_a_store_with_rows_is_left_as_it_is(url):
    with closing(open_store(url)) as store:
        store.write({"www.example.": "300 A 192.0.2.99"})
    with closing(open_store(url)) as store:
        assert store.read()["www.example."] == "300 A 192.0.2.99"


def test_a_changed_row_is_served_after_a_reload_cached_or_not(url, serve, ask, until):
    server = serve(store=url, reload_every=0.05)
    assert addresses(ask(server.port, "www.example.")) == {"192.0.2.10"}
    with closing(open_store(url)) as store:
        for last in range(100, 104):
            store.write({"www.example.": f"300 A 192.0.2.{last}\n60 A 192.0.2.1"})
            expected = {f"192.0.2.{last}", "192.0.2.1"}
            until(lambda: addresses(ask(server.port, "www.example.")) == expected)  # noqa: B023
    assert ask(server.port, "www.example.").answer[0].ttl == 60


def test_a_store_that_fails_at_a_reload_leaves_the_table_as_it_is(url, demo, ask, until):
    """Each trouble is one line on stderr, and one more when it comes back after better times."""
    running = demo("--scenario", "healthy", "--store", url, "--reload-every", "20ms")
    served = "192.0.2.11"
    with closing(open_store(url)) as store:
        for last in (200, 201):
            troubles = running.errors.read_text().count("\n")
            store.write({"alpha.example.": "what is this?"})
            until(lambda troubles=troubles: running.errors.read_text().count("\n") > troubles)
            assert addresses(ask(running.port, "alpha.example.")) == {served}
            served = f"192.0.2.{last}"
            store.write({"alpha.example.": f"300 A {served}"})
            until(lambda served=served: addresses(ask(running.port, "alpha.example.")) == {served})
    assert running.end() == 0
    first, second = running.errors.read_text().splitlines()
    assert "the IP table stays as it is, since the store's row 'what is this?' of alpha" in first
    assert second == first


def test_a_redis_that_goes_away_leaves_the_server_serving(redis_url, demo, ask, until):
    import redis

    running = demo("--scenario", "healthy", "--store", redis_url, "--reload-every", "20ms")
    with closing(redis.Redis.from_url(redis_url)) as client:
        client.shutdown(nosave=True)
    until(lambda: "the store at 127.0.0.1:" in running.errors.read_text())
    assert ask(running.port, "www.example.").answer
    assert running.end() == 0


def test_a_redis_key_of_another_type_is_a_sentence(redis_url):
    import redis

    with closing(redis.Redis.from_url(redis_url)) as client:
        client.set("locktrace_demo:zone", "text")
    with pytest.raises(StoreError, match="cannot be used: WRONGTYPE"):
        open_store(redis_url)


def test_a_database_that_somebody_else_is_writing_to_can_be_read(tmp_path):
    path = tmp_path / "zone.db"
    open_store(f"sqlite://{path}").close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(open_store(f"sqlite:{path}")) as store:
            assert store.read()


def test_a_database_with_another_table_called_zone_is_a_sentence(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE zone (x)")
    with pytest.raises(StoreError, match="no such column"):
        open_store(f"sqlite://{path}")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({}, "no SOA record"),
        ({"example.": "3600 NS ns1.example."}, "no SOA record"),
        ({"example.": "3600 SOA what"}, "the SOA record of example. in the store cannot be read"),
        ({"example.": f"{SOA}\n{SOA}"}, "the SOA record of example. in the store cannot be read"),
        ({"example.": SOA, "www.example.": "A 192.0.2.1"}, "is not 'TTL TYPE DATA'"),
        ({"example.": SOA, "www.example.": "x A 192.0.2.1"}, "is not 'TTL TYPE DATA'"),
        ({"example.": SOA, "www.example.": "300 A"}, "is not 'TTL TYPE DATA'"),
        ({"example.": SOA, "www.example.": "300 MX 10 mail"}, "is not 'TTL TYPE DATA'"),
        ({"example.": SOA, "www.example.": "2147483648 A 192.0.2.1"}, "is not 'TTL TYPE DATA'"),
        ({"example.": SOA, "a..example.": "300 A 192.0.2.1"}, "which is not a domain name"),
        (
            {"example.": SOA, f"{'x' * 64}.example.": "300 A 192.0.2.1"},
            "which is not a domain name",
        ),
        ({"example.": SOA, "*.example.": "300 A 192.0.2.1"}, "a delegation or a wildcard"),
        ({"example.": SOA, "sub.example.": "300 NS ns.sub.example."}, "a delegation or a wildcard"),
    ],
)
def test_rows_that_make_no_zone_are_a_sentence(rows, sentence):
    with pytest.raises(StoreError, match=sentence):
        AddressTable(rows)


def test_several_zones_in_one_store_are_all_served(tmp_path, serve, ask):
    url = f"sqlite://{tmp_path}/zone.db"
    with closing(open_store(url)) as store:
        store.write({"test.": SOA, "www.test.": "300 A 192.0.2.5"})
    server = serve(store=url)
    assert set(server.zones) == {"example.", "test."}
    assert addresses(ask(server.port, "www.test.")) == {"192.0.2.5"}
    assert str(ask(server.port, "missing.test.").authority[0].name) == "test."
