"""Becomes a daemon the usual way, closing all descriptors, and has its own at those numbers.

Prints whether all that it wrote there is still to be read: after a line of input, and, when
it has closed everything once more, after switching the agent off.
"""

import os
import socket
import sys

import locktrace


def become_daemon():
    os.closerange(3, 64)
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    server.setblocking(False)
    client = socket.create_connection(server.getsockname())
    pipes = [os.pipe() for _ in range(6)]
    for reader, writer in pipes:
        os.set_blocking(reader, False)
        os.write(writer, b"precious")
    return pipes, server, client


def check(pipes, server, client):
    server.accept()[0].close()
    client.close()
    return {os.read(reader, 100) for reader, _ in pipes} == {b"precious"}


print("started", flush=True)
sys.stdin.readline()
first = become_daemon()
print("closed", flush=True)
sys.stdin.readline()
print("kept", check(*first), flush=True)
second = become_daemon()
locktrace.uninstall()
print("kept", check(*second), flush=True)
