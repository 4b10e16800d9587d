"""The clients that people use: dig, kdig and dnsperf."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.support import PATIENCE_S


@pytest.fixture
def port(serve):
    return serve().port


def run(program, *arguments):
    """Its output, if it is installed and succeeds."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    ).stdout


@pytest.mark.parametrize("program", ["dig", "kdig"])
def test_dig_gets_answers(port, program):
    at = ("@127.0.0.1", "-p", str(port))
    assert run(program, *at, "+short", "www.example", "A").split() == ["192.0.2.10"]
    assert "NXDOMAIN" in run(program, *at, "missing.example", "A")


@pytest.mark.parametrize("program", ["dig", "kdig"])
def test_dig_retries_over_tcp_what_was_truncated(port, program):
    output = run(program, "@127.0.0.1", "-p", str(port), "+noedns", "big.example", "TXT")
    assert "(TCP)" in output
    assert "l" * 250 in output


@pytest.mark.parametrize("program", ["dig", "kdig"])
def test_dig_finds_nothing_to_complain_about(port, program):
    output = run(program, "@127.0.0.1", "-p", str(port), "+norecurse", "WWW.example", "AAAA")
    assert "2001:db8::10" in output
    assert "WARNING" not in output.upper()


def test_kdig_keeps_a_connection_open_for_several_queries(port):
    names = ("www.example", "alpha.example", "beta.example")
    at = ("@127.0.0.1", "-p", str(port), "+tcp", "+keepopen", "+short")
    assert run("kdig", *at, *names).split() == ["192.0.2.10", "192.0.2.11", "192.0.2.12"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_dnsperf_loses_nothing(port, transport, tmp_path):
    queries = tmp_path / "queries"
    queries.write_text("www.example A\nalpha.example AAAA\nmissing.example A\nexample SOA\n")
    options = ("-s", "127.0.0.1", "-p", str(port), "-m", transport)
    output = run("dnsperf", *options, "-d", str(queries), "-n", "100", "-q", "20", "-t", "30")
    assert re.search(r"Queries completed: +400 \(100\.00%\)", output)
    assert re.search(r"NOERROR 300 \(75\.00%\), NXDOMAIN 100 \(25\.00%\)", output)
