"""``python -m locktrace_demo``: its first line, its end, and its sentences."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3

import pytest


def test_the_first_line_tells_where_it_serves_and_which_process_it_is(demo, ask):
    running = demo("--scenario", "healthy")
    pattern = r"serving example\. on 127\.0\.0\.1:(\d+) \(udp\+tcp\), scenario healthy, pid (\d+)\n"
    port, pid = re.fullmatch(pattern, running.first_line).groups()
    assert int(pid) == running.process.pid
    assert ask(int(port), "www.example.").answer
    assert ask(int(port), "www.example.", tcp=True).answer


def test_the_default_scenario_is_the_story(demo):
    assert "scenario leaked-read-lock," in demo().first_line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_code_0_and_its_counts(demo, ask, number):
    running = demo("--scenario", "healthy")
    ask(running.port, "www.example.")
    assert running.end(number) == 0
    assert running.process.stdout.read().startswith("received 1, answered 1, dropped 0,")
    assert running.errors.read_text() == ""


def test_it_ends_by_itself_after_the_duration(run_demo):
    done = run_demo("--port", "0", "--duration", "200ms")
    assert done.returncode == 0
    assert done.stderr == ""


def test_nobody_reading_its_output_is_no_reason_to_fail(demo):
    running = demo("--scenario", "healthy")
    running.process.stdout.close()
    running.process.stdout = None
    assert running.end() == 0
    assert running.errors.read_text() == ""


def test_udp_and_tcp_ports_are_free_again_afterwards(demo):
    running = demo("--scenario", "healthy")
    assert running.end() == 0
    again = demo("--scenario", "healthy", "--port", str(running.port))
    assert again.port == running.port


def test_it_serves_on_ipv6(demo):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    running = demo("--host", "::1")
    assert re.search(r"on \[::1\]:\d+ ", running.first_line)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_port_in_use_is_one_sentence_and_exit_code_2(run_demo, kind):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        done = run_demo("--port", str(port))
    assert_sentence(done, f"cannot listen on 127.0.0.1 port {port}: Address already in use")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "65536"], "'65536' is not a number from 0 to 65535"),
        (["--workers", "0"], "'0' is not a number from 1 to 512"),
        (["--queue", "none"], "'none' is not a number from 1 to 1000000"),
        (["--load", "-1"], "'-1' is not a number from 0 to 100000"),
        (["--load", "nan"], "'nan' is not a number from 0 to 100000"),
        (["--scenario", "nope"], "invalid choice: 'nope'"),
        (["--reload-every", "5"], "'5' is not a duration"),
        (["--reload-every", "0s"], "'0s' is not a duration"),
        (["--reload-every", "9000h"], "'9000h' is not a duration"),
        (["--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid port 5353"),
        (["--store", "mysql://x"], "'mysql://x' is no store"),
        (["--store", "sqlite:///no/such/folder/zone.db"], "unable to open database file"),
        (["--store", "redis://name:secret@127.0.0.1:1"], "the store at 127.0.0.1:1 cannot be used"),
        (["unexpected"], "unrecognized arguments: unexpected"),
    ],
)
def test_bad_options_are_one_sentence_and_exit_code_2(run_demo, options, sentence):
    done = run_demo(*options)
    assert_sentence(done, sentence)
    assert "secret" not in done.stderr


def test_a_file_that_is_no_database_is_one_sentence_and_exit_code_2(run_demo, tmp_path):
    path = tmp_path / "zone.db"
    path.write_text("not a database, but long enough to have been one" * 100)
    assert_sentence(run_demo("--store", f"sqlite://{path}"), "file is not a database")


def test_a_store_without_a_zone_is_one_sentence_and_exit_code_2(run_demo, tmp_path):
    path = tmp_path / "zone.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE zone (name TEXT PRIMARY KEY, lines TEXT NOT NULL)")
        connection.execute("INSERT INTO zone VALUES ('www.example.', '300 A 192.0.2.1')")
    connection.close()
    assert_sentence(run_demo("--store", f"sqlite://{path}"), "no SOA record")


def test_help_lists_scenarios_and_options(run_demo):
    done = run_demo("--help")
    assert done.returncode == 0
    for word in ("leaked-read-lock", "slow-reload", "--reload-every", "--load", "--store"):
        assert word in done.stdout


def assert_sentence(done, sentence):
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.startswith("locktrace_demo: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
