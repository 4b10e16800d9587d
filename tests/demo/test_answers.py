"""What the server answers, asked by dnspython over real sockets."""

from __future__ import annotations

import socket

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.update
import pytest

from tests.support import PATIENCE_S


@pytest.fixture
def port(serve):
    return serve().port


def texts(section):
    return {rdata.to_text() for rrset in section for rdata in rrset}


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(
    ("name", "rdtype", "expected"),
    [
        ("www.example.", "A", {"192.0.2.10"}),
        ("www.example.", "AAAA", {"2001:db8::10"}),
        ("example.", "NS", {"ns1.example.", "ns2.example."}),
        ("example.", "TXT", {'"v=spf1 -all"'}),
        (
            "example.",
            "SOA",
            {"ns1.example. hostmaster.example. 2024050601 3600 600 86400 60"},
        ),
        ("www.example.", "ANY", {"192.0.2.10", "2001:db8::10"}),
    ],
)
def test_records_of_each_type_are_answered_with_authority(port, ask, name, rdtype, expected, tcp):
    response = ask(port, name, rdtype, tcp=tcp)
    assert response.rcode() == dns.rcode.NOERROR
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA
    assert texts(response.answer) == expected


def test_a_name_that_does_not_exist_is_nxdomain_with_the_soa_record(port, ask):
    response = ask(port, "missing.example.")
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert not response.answer
    (soa,) = response.authority
    assert (soa.name, soa.rdtype) == (dns.name.from_text("example."), dns.rdatatype.SOA)


def test_the_soa_record_of_a_negative_answer_lives_as_long_as_its_minimum(port, ask):
    (soa,) = ask(port, "missing.example.").authority
    assert soa.ttl == soa[0].minimum == 60


@pytest.mark.parametrize("name", ["www.example.", "empty.example."])
def test_an_existing_name_without_such_records_is_noerror_with_the_soa_record(port, ask, name):
    """That goes for a name, too, that exists because there are names under it."""
    response = ask(port, name, "TXT")
    assert response.rcode() == dns.rcode.NOERROR
    assert not response.answer
    assert response.authority[0].rdtype == dns.rdatatype.SOA


def test_names_are_found_in_any_case_and_the_question_keeps_its_case(port, ask):
    asked = dns.name.from_text("wWw.ExAmPlE.")
    response = ask(port, asked)
    assert response.question[0].name.labels == asked.labels
    assert response.answer[0].name.labels == asked.labels
    assert texts(response.answer) == {"192.0.2.10"}


@pytest.mark.parametrize("name", ["example.org.", ".", "notexample.", "www.example.com."])
def test_names_outside_the_zones_are_refused(port, ask, name):
    response = ask(port, name)
    assert response.rcode() == dns.rcode.REFUSED
    assert not response.flags & dns.flags.AA


@pytest.mark.parametrize("rdclass", ["CH", "HS", "ANY"])
def test_classes_other_than_in_are_refused(port, ask, rdclass):
    assert ask(port, "www.example.", rdclass=rdclass).rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("rdtype", ["AXFR", "IXFR", "TSIG"])
def test_types_that_ask_for_an_action_are_refused(port, rdtype):
    query = dns.message.make_query("example.", "A")
    query.question[0].rdtype = dns.rdatatype.from_text(rdtype)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as connection:
        dns.query.send_tcp(connection, query)
        response, _ = dns.query.receive_tcp(connection)
    assert response.rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("name", ["ads.example.", "tracker.ADS.example."])
def test_names_on_the_block_list_and_under_them_are_refused(port, ask, name):
    assert ask(port, name).rcode() == dns.rcode.REFUSED


def test_a_crash_in_a_filter_is_servfail_and_counted(serve, ask, capfd):
    server = serve()
    for _ in range(3):
        assert ask(server.port, "broken.example.").rcode() == dns.rcode.SERVFAIL
    assert server.stats()["failed"] == 3
    assert ask(server.port, "www.example.").rcode() == dns.rcode.NOERROR
    assert capfd.readouterr().err.count("broken.example. A failed with ValueError") == 1


@pytest.mark.parametrize("opcode", [dns.opcode.STATUS, dns.opcode.NOTIFY, 15])
def test_an_unknown_opcode_is_not_implemented(port, opcode):
    query = dns.message.make_query("www.example.", "A", use_edns=0)
    query.set_opcode(opcode)
    response = dns.query.udp(query, "127.0.0.1", port=port, timeout=PATIENCE_S)
    assert response.rcode() == dns.rcode.NOTIMP
    assert response.opcode() == opcode


def test_an_update_is_not_implemented(port):
    update = dns.update.UpdateMessage("example.")
    update.delete("www.example.")
    response = dns.query.udp(update, "127.0.0.1", port=port, timeout=PATIENCE_S)
    assert response.rcode() == dns.rcode.NOTIMP


def test_recursion_desired_and_checking_disabled_come_back_as_they_were_asked(port):
    query = dns.message.make_query("www.example.", "A", flags=dns.flags.RD | dns.flags.CD)
    response = dns.query.udp(query, "127.0.0.1", port=port, timeout=PATIENCE_S)
    assert response.flags & (dns.flags.RD | dns.flags.CD) == dns.flags.RD | dns.flags.CD
    query = dns.message.make_query("www.example.", "A", flags=0)
    response = dns.query.udp(query, "127.0.0.1", port=port, timeout=PATIENCE_S)
    assert not response.flags & (dns.flags.RD | dns.flags.CD)


def test_a_name_of_any_bytes_is_answered(port, ask):
    asked = dns.name.Name([b"\xff\x00.", b"example", b""])
    response = ask(port, asked)
    assert response.rcode() == dns.rcode.NXDOMAIN
    assert response.question[0].name == asked


def test_two_questions_that_differ_in_type_only_are_not_mixed_up_by_the_cache(port, ask):
    for _ in range(2):
        assert texts(ask(port, "alpha.example.", "A").answer) == {"192.0.2.11"}
        assert texts(ask(port, "alpha.example.", "AAAA").answer) == {"2001:db8::11"}
