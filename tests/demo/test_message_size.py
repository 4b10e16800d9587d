"""EDNS0, truncation, and TCP for what is too large."""

from __future__ import annotations

from contextlib import closing

import dns.edns
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from locktrace_demo.stores import open_store
from tests.support import PATIENCE_S


def add_row(url, name, lines):
    with closing(open_store(url)) as store:
        store.write({name: lines})


@pytest.fixture
def port(serve):
    return serve().port


@pytest.mark.parametrize("size", [None, 0, 512, 1232, 3000])
def test_a_response_larger_than_the_client_can_take_is_truncated(port, ask, size):
    options = {} if size is None else {"use_edns": 0, "payload": size}
    response = ask(port, "big.example.", "TXT", **options)
    assert response.flags & dns.flags.TC
    assert not response.answer
    assert len(response.question) == 1
    assert len(response.to_wire()) <= max(size or 0, 512)


def test_a_response_that_fits_the_clients_size_comes_whole(port, ask):
    response = ask(port, "big.example.", "TXT", use_edns=0, payload=4096)
    assert not response.flags & dns.flags.TC
    assert len(response.to_wire()) > 3000


def test_a_client_that_claims_more_than_we_send_gets_no_more_than_4096_bytes(serve, ask, tmp_path):
    store = f"sqlite://{tmp_path}/zone.db"
    add_row(store, "huge.example.", "300 TXT " + " ".join([f'"{"x" * 255}"'] * 17))
    port = serve(store=store).port
    options = {"use_edns": 0, "payload": 65535}
    assert ask(port, "huge.example.", "TXT", **options).flags & dns.flags.TC
    assert ask(port, "huge.example.", "TXT", tcp=True).answer


def test_a_response_too_large_even_for_tcp_is_truncated(serve, ask, tmp_path):
    store = f"sqlite://{tmp_path}/zone.db"
    add_row(store, "huge.example.", "300 TXT " + " ".join([f'"{"x" * 255}"'] * 255))
    add_row(store, "larger.example.", "\n".join([f'300 TXT "{"x" * 255}"'] * 256))
    port = serve(store=store).port
    assert ask(port, "huge.example.", "TXT", tcp=True).answer
    assert ask(port, "larger.example.", "TXT", tcp=True).flags & dns.flags.TC


def test_tcp_gives_whole_what_udp_truncates(port):
    query = dns.message.make_query("big.example.", "TXT")
    response, used_tcp = dns.query.udp_with_fallback(
        query, "127.0.0.1", port=port, timeout=PATIENCE_S
    )
    assert used_tcp
    assert len(response.answer[0][0].strings) == 12


def test_an_opt_record_is_answered_by_one_and_none_by_none(port, ask):
    assert ask(port, "www.example.", use_edns=0).edns == 0
    assert ask(port, "www.example.", use_edns=False).edns == -1


@pytest.mark.parametrize("name", ["missing.example.", "example.org.", "broken.example."])
def test_negative_refused_and_failed_answers_have_the_opt_record_too(port, ask, name):
    assert ask(port, name, use_edns=0).edns == 0


def test_dnssec_ok_comes_back_as_it_was_asked(port, ask):
    assert ask(port, "www.example.", want_dnssec=True).ednsflags & dns.flags.DO
    assert not ask(port, "www.example.", use_edns=0).ednsflags & dns.flags.DO


def test_unknown_edns_options_are_ignored(port, ask):
    options = [dns.edns.GenericOption(65001, b""), dns.edns.GenericOption(65002, b"x")]
    response = ask(port, "www.example.", use_edns=0, options=options)
    assert response.rcode() == dns.rcode.NOERROR
    assert not response.options


def test_another_edns_version_is_badvers_and_told_ours(port, ask):
    response = ask(port, "www.example.", use_edns=1)
    assert response.rcode() == dns.rcode.BADVERS
    assert response.edns == 0
    assert not response.answer
