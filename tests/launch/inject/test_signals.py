"""Signals that arrive while a thread is borrowed are delivered afterwards, each of them."""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import threading

import psutil
import pytest

from locktrace.launch.inject import permission, tracee
from locktrace.launch.inject.memory import Memory
from tests.support import attached, eventually, running

LIBC = ctypes.CDLL(None, use_errno=True)


def is_delivered(tid: int, number: int) -> bool:
    """Whether no signal that was sent to this thread waits any more."""
    pending = int(permission.status(str(tid))["SigPnd"], 16)
    return not pending >> (number - 1) & 1


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGRTMIN])
def test_a_signal_to_a_borrowed_thread_waits_until_it_is_given_back(number: int) -> None:
    with running("signalled", trace=False) as target:
        target.expect("ready")
        with Memory(target.pid, write=True) as memory:
            for _ in range(10):
                with tracee.borrowed(target.pid, memory) as thread:
                    assert LIBC.tgkill(target.pid, thread.tid, number) == 0
                    assert not is_delivered(thread.tid, number)
                # The kernel keeps a standard signal once, however often it is sent meanwhile.
                eventually(functools.partial(is_delivered, thread.tid, number), "the signal")
        target.close_input()
        assert target.finish() == (0, "10\n", "")


def test_none_of_many_is_lost_while_an_agent_comes_and_goes() -> None:
    with running("signalled", trace=False) as target:
        target.expect("ready")
        sent, over = [0], threading.Event()

        def send() -> None:
            while not over.wait(0.0005):
                os.kill(target.pid, signal.SIGRTMIN)  # these are queued, others would merge
                sent[0] += 1

        sender = threading.Thread(target=send)
        sender.start()
        for _ in range(5):
            with attached(target.pid):
                pass
        over.set()
        sender.join()
        target.close_input()
        assert target.finish() == (0, f"{sent[0]}\n", "")


def test_a_stop_that_comes_meanwhile_stops_it_afterwards() -> None:
    with running("signalled", trace=False) as target:
        target.expect("ready")
        with Memory(target.pid, write=True) as memory, tracee.borrowed(target.pid, memory):
            os.kill(target.pid, signal.SIGSTOP)
        eventually(lambda: psutil.Process(target.pid).status() == psutil.STATUS_STOPPED, "the stop")
        os.kill(target.pid, signal.SIGCONT)
        with attached(target.pid):
            pass
        target.close_input()
        assert target.finish() == (0, "0\n", "")
