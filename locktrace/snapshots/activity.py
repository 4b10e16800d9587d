"""What a thread does, told from where its stack ends: a small table of well-known calls.

A function of the standard library in Python has a frame of its own. One in C has none, so
there the line of source that the innermost frame is at must tell, where it names one such call
and can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath

from locktrace.model import Site, Stack, ThreadStack
from locktrace.snapshots.source import Source

MOST_FRAMES = 12  # of a stack that are looked through, from the innermost

_FUNCTIONS = {
    ("threading.py", "Thread.join"): "waits for a thread to end",
    ("subprocess.py", "Popen.wait"): "waits for a subprocess",
    ("subprocess.py", "Popen.communicate"): "waits for a subprocess",
    ("subprocess.py", "run"): "waits for a subprocess",
    ("socket.py", "getaddrinfo"): "resolves a host name",
    ("socket.py", "create_connection"): "connects to a server",
    ("socket.py", "SocketIO.readinto"): "reads from a socket",
    ("ssl.py", "SSLSocket.read"): "reads from a TLS connection",
    ("ssl.py", "SSLSocket.recv"): "reads from a TLS connection",
    ("ssl.py", "SSLSocket.do_handshake"): "shakes hands over TLS",
    ("queue.py", "Queue.get"): "waits for something in a queue",
    ("queue.py", "Queue.put"): "waits for room in a queue",
    ("queue.py", "Queue.join"): "waits until a queue is done with",
    ("_base.py", "Future.result"): "waits for a future",
    ("client.py", "HTTPResponse.begin"): "waits for an HTTP answer",
    ("client.py", "HTTPConnection.connect"): "connects to a server",
    ("connection.py", "Connection.recv_bytes"): "reads from a pipe",
    ("base_events.py", "BaseEventLoop.run_forever"): "runs an event loop",
}
_PACKAGES = {
    "requests": "waits for an HTTP answer",
    "urllib3": "waits for an HTTP answer",
    "httpx": "waits for an HTTP answer",
    "psycopg": "waits for PostgreSQL",
    "pymysql": "waits for MySQL",
    "redis": "waits for Redis",
}
_CALLS = [
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"\bsleep\(", "sleeps"),
        (r"\.recv(from|msg)?(_into)?\(", "reads from a socket"),
        (r"\.accept\(", "waits for a connection"),
        (r"\.connect(_ex)?\(", "connects to a server"),
        (r"\.send(all|to|file)?\(", "sends over a socket"),
        (r"\b(select|epoll|poll)\(", "waits for I/O"),
        (r"\b(getaddrinfo|gethostby\w+)\(", "resolves a host name"),
        (r"\b(waitpid|wait4|os\.wait)\(", "waits for a subprocess"),
        (r"\binput\(|\bread(line|lines|into|_bytes|_text)?\(|\bos\.read\(", "reads"),
        (r"\b(fsync|fdatasync)\(", "waits for the disk"),
        (r"\bflock\(|\blockf\(", "waits for a file lock"),
        (r"\b(execute(many|script)?|commit|fetch(one|all|many))\(", "talks to a database"),
        (r"\.communicate\(|\bcheck_(call|output)\(", "waits for a subprocess"),
        (r"\burlopen\(|\brequests\.\w+\(", "waits for an HTTP answer"),
    )
]


def described(threads: Iterable[ThreadStack], source: Source) -> tuple[ThreadStack, ...]:
    """`threads`, each with what it is doing where that is known."""
    return tuple(replace(thread, doing=doing(thread.frames, source)) for thread in threads)


def doing(stack: Stack, source: Source) -> str:
    """``sleeps``, ``reads from a socket``; empty if it is none of the well-known calls."""
    if not stack:
        return ""
    meanings = [_function(site) for site in stack[:MOST_FRAMES]]
    known = next((meaning for meaning in meanings if meaning), "")
    packages = [_package(site) for site in stack[:MOST_FRAMES]]
    # Whose answer is waited for says more than that it comes through a socket.
    return next(filter(None, packages), "") or known or _call(source.line(stack[0]))


def _function(site: Site) -> str:
    return _FUNCTIONS.get((PurePath(site.file).name, site.function), "")


def _package(site: Site) -> str:
    parts = PurePath(site.file).parts
    return next((_PACKAGES[part] for part in parts if part in _PACKAGES), "")


def _call(line: str) -> str:
    meanings = {meaning for pattern, meaning in _CALLS if pattern.search(line)}
    return meanings.pop() if len(meanings) == 1 else ""
