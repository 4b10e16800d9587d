"""Run a command that may take only so long and say only so much."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


class OutOfBoundsError(Exception):
    """The command was killed; the message says which bound it broke ("took longer than 5 s")."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command that ended by itself has left."""

    status: int
    output: bytes
    complaint: bytes
    """What it wrote to stderr."""


def run_bounded(command: Sequence[str], *, timeout: float, most_bytes: int) -> Outcome:
    """Run `command` without a stdin for at most `timeout` seconds and `most_bytes` of output.

    Raises OutOfBoundsError, the command killed, and OSError if it cannot be started.
    """
    deadline = time.monotonic() + timeout
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            output, complaint = _read(process, deadline, timeout, most_bytes)
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            raise _too_slow(timeout) from None
        except BaseException:
            process.kill()
            raise
    return Outcome(status, output, complaint)


def _read(
    process: subprocess.Popen[bytes], deadline: float, timeout: float, most_bytes: int
) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    output, complaint = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, complaint)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                raise _too_slow(timeout)
            for key, _ in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
                if len(key.data) > most_bytes:
                    raise OutOfBoundsError(f"wrote more than {most_bytes} bytes")
    return bytes(output), bytes(complaint)


def _too_slow(timeout: float) -> OutOfBoundsError:
    return OutOfBoundsError(f"took longer than {timeout:g} s")
