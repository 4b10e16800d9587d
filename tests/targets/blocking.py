"""Blocks in the place that is named, until a line comes; then prints what the call has returned.

Calls of the C library are made directly, so that an EINTR would be seen: Python tries again.
"""

import _thread
import asyncio
import ctypes
import itertools
import math
import os
import queue
import select
import socket
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
here = ctypes.PyDLL(None)  # as libc, but keeps the GIL
ready = b"ready\n"


class PollEntry(ctypes.Structure):
    _fields_ = (("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short))


class EpollEvent(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("events", ctypes.c_uint32), ("data", ctypes.c_uint64))


class Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


def told():
    return bool(select.select([0], [], [], 0)[0])


def call(function, *arguments):
    ctypes.set_errno(0)
    return function(*arguments), ctypes.get_errno()


def in_background(act):
    """`act` once a line has come, in a thread; a raw one, that `threading` knows nothing of."""

    def wait():
        os.read(0, 1)
        act()

    _thread.start_new_thread(wait, ())


def nanosleep():
    results = set()
    while not (results and told()):
        results.add(call(libc.nanosleep, ctypes.byref(Time(0, 300_000_000)), None))
    return results


def sleep():
    short = 0
    while not told():
        began = time.monotonic()
        time.sleep(0.3)
        short += time.monotonic() - began < 0.3
    return short


def poll():
    entry = PollEntry(0, 1, 0)
    return call(libc.poll, ctypes.byref(entry), 1, -1)


def poll_with_limit():
    entry = PollEntry(0, 1, 0)
    results = set()
    while not told():
        results.add(call(libc.poll, ctypes.byref(entry), 1, 400))
    return results - {(0, 0), (1, 0)}


def select_():
    wanted = (ctypes.c_ulong * 16)(1)
    return call(libc.select, 1, wanted, None, None, None)


def epoll():
    numbers = libc.epoll_create1(0), EpollEvent(1, 0)
    libc.epoll_ctl(numbers[0], 1, 0, ctypes.byref(numbers[1]))
    event = EpollEvent()
    return call(libc.epoll_wait, numbers[0], ctypes.byref(event), 1, -1)


def epoll_with_limit():
    events = select.epoll()
    events.register(0, select.EPOLLIN)
    found = []
    while not found:
        began = time.monotonic()
        found = events.poll(0.3)
        assert found or time.monotonic() - began >= 0.3
    return [(number, mask & select.EPOLLIN) for number, mask in found]


def read():
    return call(libc.read, 0, ctypes.create_string_buffer(1), 1)


def recv():
    ours, theirs = socket.socketpair()
    in_background(lambda: theirs.send(b"four"))
    return call(libc.recv, ours.fileno(), ctypes.create_string_buffer(9), 9, 0)


def accept():
    listening = socket.create_server(("127.0.0.1", 0))
    in_background(lambda: socket.create_connection(listening.getsockname()))
    number, errno = call(libc.accept, listening.fileno(), None, None)
    return number > 0, errno


def waitpid():
    child = os.posix_spawn("/bin/sh", ["sh", "-c", "read line; exit 7"], os.environ)
    status = ctypes.c_int()
    return call(libc.waitpid, child, ctypes.byref(status), 0)[0] == child, status.value


def join():
    thread = threading.Thread(target=os.read, args=(0, 1))
    thread.start()
    return thread.join()


def condition():
    return _condition(None)


def condition_with_limit():
    return _condition(60)


def _condition(limit):
    done = threading.Condition()

    def tell():
        with done:
            done.notify()

    in_background(tell)
    with done:
        return done.wait(limit)


def lock():
    held = threading.Lock()
    held.acquire()
    in_background(held.release)
    with held:
        return held.locked()


def lock_with_limit():
    held = threading.Lock()
    held.acquire()
    in_background(held.release)
    return held.acquire(timeout=60), held.locked()


def rlock():
    held, taken = threading.RLock(), threading.Event()

    def hold():
        with held:
            taken.set()
            os.read(0, 1)

    _thread.start_new_thread(hold, ())
    taken.wait()
    with held:
        return repr(held).split()[1]


def queue_get():
    jobs = queue.Queue()
    in_background(lambda: jobs.put("a job"))
    return jobs.get()


def event_loop():
    async def wait():
        loop, came = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(0, came.set)
        await came.wait()
        loop.remove_reader(0)
        return "came"

    return asyncio.run(wait())


def spinning():
    """Floats live in vector registers, and rows of bytes in the memory allocator."""
    values = [math.sin(i * 0.1) * 1.5 + 2 for i in range(50)]
    expected = sum(value * value * 0.3 for value in values)
    wrong = 0
    while not told():
        for _ in range(200):
            wrong += sum(value * value * 0.3 for value in values) != expected
            wrong += any(map(any, [bytes(600 + i) for i in range(20)]))
    return wrong


def spinning_in_c():
    """Turns of half a second or so in which the GIL is not let go."""
    sums = set()
    while not (sums and told()):
        sums.add(sum(itertools.repeat(0.5, 5_000_000)))
    return sums


def keeping_the_gil():
    return call(here.read, 0, ctypes.create_string_buffer(1), 1)


def main():
    place = globals()[sys.argv[1]]
    os.write(1, ready)
    print(place())


main()
