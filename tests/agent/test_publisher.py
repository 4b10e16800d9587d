"""Observers come, go, stop and misbehave; each sees the truth and none disturbs the target."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from locktrace.errors import TargetLostError
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.wire import frames
from tests.support import PATIENCE_S, Target, environment, eventually, observed, running, until

pytestmark = pytest.mark.usefixtures("core")


def progress(target: Target) -> None:
    """The target's threads go on counting."""

    def value() -> int:
        target.tell("value")
        return int(target.read())

    before = value()
    assert eventually(lambda: value() > before + 100, "progress")


def test_a_late_observer_sees_a_hold_from_before_it_came(python: str) -> None:
    with running("leaked_read_lock", python=python) as target:
        target.expect("leaked")
        with observed(target) as session:
            view = session.poll(0)
            assert [hold.label for hold in view.snapshot.holds] == ["query alpha.example."] * 3
            assert {hold.site.function for hold in view.snapshot.holds if hold.site} == {
                "Filter.lookup"
            }


def test_events_keep_an_observer_up_to_date(python: str) -> None:
    with running("leaked_read_lock", python=python) as target:
        target.expect("leaked")
        with observed(target) as session:
            target.tell("go")
            target.expect("reloading")
            view = until(session, lambda v: bool(v.snapshot.waits), "the writer's wait")
            assert "reload" in {view.snapshot.actors[w.actor].name for w in view.snapshot.waits}


def test_twenty_observers_at_once_all_see_the_same() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        sources = [target.source() for _ in range(20)]
        for source in sources:
            kinds = set()
            while frames.LEDGER not in kinds:
                kinds |= {kind for kind, _ in source.receive(1.0)}
            source.close()


def test_garbage_closes_that_observer_with_a_reason_and_nothing_else() -> None:
    with running("counter") as target:
        target.expect("counting")
        with observed(target) as session:
            for garbage in (b"GET / HTTP/1.1\r\n\r\n", os.urandom(200_000), b"\x00" * 5):
                bad = connect(target.pid)
                with suppress(BrokenPipeError):  # it need not hear all of it
                    bad.sendall(garbage[:60_000])
                said = b""
                while data := _recv(bad):
                    said += data
                bad.close()
                assert b"protocol error" in said
            before = session.poll(0).snapshot.taken_ns
            until(session, lambda v: v.snapshot.taken_ns > before and v.ended is None)
        progress(target)


def _recv(connection: socket.socket) -> bytes:
    try:
        return connection.recv(4096)
    except ConnectionResetError:
        return b""


def test_an_observer_that_stops_reading_costs_the_target_nothing_but_a_bounded_queue() -> None:
    with running("counter") as target:
        target.expect("counting")
        source = target.source()
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:  # long enough to overrun the queue, and no condition
            progress(target)
        source.receive(5)
        status = Path(f"/proc/{target.pid}/status").read_text()
        [resident] = [int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line]
        assert resident < 120_000
        source.close()
        progress(target)


def test_an_observer_that_is_stopped_and_killed_leaves_the_target_running() -> None:
    with running("counter") as target:
        target.expect("counting")
        command = [sys.executable, "-m", "locktrace", "watch", str(target.pid), "--plain"]
        watcher = subprocess.Popen(
            command, env=environment(trace=False), stdout=subprocess.PIPE, text=True
        )
        assert watcher.stdout is not None
        assert watcher.stdout.readline()
        watcher.send_signal(signal.SIGSTOP)
        progress(target)
        watcher.kill()
        watcher.communicate()
        progress(target)
        with observed(target) as session:
            assert session.poll(0).ended is None


def test_drops_are_counted_and_the_picture_is_right_again() -> None:
    with running("counter") as target:
        target.expect("counting")
        with observed(target) as session:
            until(session, lambda v: v.snapshot.dropped > 0 or _steady(v.snapshot.locks))
            view = session.poll(0.5)
            assert len(view.snapshot.holds) <= 1


def _steady(locks: object) -> bool:
    return bool(locks)


def test_the_end_of_the_target_is_told_with_its_last_picture() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target) as session:
            for _ in range(3):
                target.tell("on")
            view = until(session, lambda v: v.ended is not None, "the end")
            assert view.ended == f"process {target.pid} has exited"
            assert view.finished
            assert len(view.snapshot.holds) >= 3


def test_a_killed_target_is_told_as_ended_without_a_goodbye() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        with observed(target) as session:
            target.process.kill()
            target.process.wait()
            view = until(session, lambda v: v.ended is not None, "the end")
            assert "ended without a goodbye" in (view.ended or "")


def test_the_socket_is_private_and_goes_with_the_process(tmp_path: Path) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        place = tmp_path / "run" / "locktrace" / f"{target.pid}.sock"
        eventually(place.exists, "the socket")
        assert place.stat().st_mode & 0o777 == 0o600
        assert place.parent.stat().st_mode & 0o777 == 0o700
        for _ in range(3):
            target.tell("on")
        target.process.wait(PATIENCE_S)
        assert not place.exists()


def test_a_socket_whose_file_was_cleaned_away_is_made_anew(tmp_path: Path) -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        place = tmp_path / "run" / "locktrace" / f"{target.pid}.sock"
        eventually(place.exists, "the socket")
        place.unlink()
        with observed(target) as session:
            assert session.poll(0).snapshot.holds


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "run" / "locktrace").mkdir(mode=0o777)
    (tmp_path / "run" / "locktrace").chmod(0o777)
    with running("leaked_read_lock", TMPDIR=str(tmp_path)) as target:
        target.expect("leaked")
        uid = os.geteuid()
        place = tmp_path / f"locktrace-{uid}" / f"{target.pid}.sock"
        assert eventually(place.exists, "the socket in the temp folder")
        assert list((tmp_path / "run" / "locktrace").iterdir()) == []


def test_an_observer_of_another_version_is_told_so() -> None:
    with running("leaked_read_lock") as target:
        target.expect("leaked")
        target.source().close()
        connection = connect(target.pid)
        connection.sendall(frames.pack_json(frames.HELLO, {"protocol": 999}))
        assert b"speaks protocol 1 only" in connection.recv(4096)
        connection.close()


def test_a_socket_on_which_nobody_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(TargetLostError, match="did not answer within"):
        AgentSource(ours, os.getpid(), patience=0.1)
    ours.close()
