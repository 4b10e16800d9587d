"""The load generator, a process of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter

import dns.message
import psutil
import pytest

from tests.support import PATIENCE_S


@pytest.fixture
def target():
    """A UDP socket to be asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(PATIENCE_S)
        yield bound


@pytest.fixture
def start_load(source_root):
    started = []

    def start(port, *options):
        process = subprocess.Popen(
            [sys.executable, "-m", "locktrace_demo.load", "--port", str(port), *options],
            env=os.environ | {"PYTHONPATH": str(source_root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_sends_proper_queries_of_every_kind_without_getting_answers(target, start_load):
    process = start_load(target.getsockname()[1], "--qps", "500")
    names = Counter()

    def all_kinds():
        kinds = Counter(name.partition("-")[0] for name in names.elements())
        wanted = {"www.example.", "example.", "broken.example."}
        return names.keys() >= wanted and kinds["missing"] > 10 and kinds["host"] > 50

    for _ in range(3000):  # which name comes is left to chance
        question = dns.message.from_wire(target.recv(4096)).question[0]
        names[str(question.name)] += 1
        if all_kinds():
            break
    assert all_kinds(), names
    assert process.poll() is None


def test_it_says_at_its_end_what_it_sent_and_what_was_answered(serve, start_load, until):
    server = serve()
    process = start_load(server.port, "--qps", "200")
    until(lambda: server.stats()["answered"] > 20)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=PATIENCE_S)
    sent, answered = map(int, re.fullmatch(r"sent (\d+), answered (\d+)\n", output).groups())
    assert sent >= answered > 0
    assert (process.returncode, errors) == (0, "")


def test_it_ends_when_its_parent_is_another_process_than_it_was_told(target, start_load):
    process = start_load(target.getsockname()[1], "--parent", str(os.getppid()))
    assert process.wait(PATIENCE_S) == 0


def test_nobody_listening_does_not_end_it(start_load, target):
    port = target.getsockname()[1]
    target.close()
    process = start_load(port, "--qps", "500")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.settimeout(PATIENCE_S)
        late.bind(("127.0.0.1", port))
        assert late.recv(4096)
    assert process.poll() is None


def test_a_bad_option_is_one_sentence_and_exit_code_2(start_load):
    process = start_load("0")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert errors == "locktrace_demo: argument --port: '0' is not a number from 1 to 65535\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_server_however_that_ends(demo, until, number):
    running = demo("--scenario", "healthy", "--load", "20")
    (child,) = psutil.Process(running.process.pid).children()
    assert "locktrace_demo.load" in child.cmdline()
    running.end(number)
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
