"""What is deliberate is not blamed."""

from __future__ import annotations

import pytest

DELIBERATE = {
    "enter and exit": """\
        import threading
        class Guard:
            def __init__(self):
                self._lock = threading.Lock()
            def __enter__(self):
                self._lock.acquire()
                return self
            def __exit__(self, *_):
                self._lock.release()
        """,
    "a context manager": """\
        import contextlib, threading
        lock = threading.Lock()
        @contextlib.contextmanager
        def guarded():
            lock.acquire()
            try:
                yield
            finally:
                lock.release()
        """,
    "a function that returns holding and its caller that releases": """\
        import threading
        class Table:
            def __init__(self):
                self._lock = threading.Lock()
            def _open(self):
                self._lock.acquire()
            def _done(self):
                self._lock.release()
            def work(self, job):
                self._open()
                try:
                    job()
                finally:
                    self._done()
        """,
    "a callback that releases": """\
        import threading
        lock = threading.Lock()
        def start(job):
            lock.acquire()
            job.add_done_callback(lambda _: lock.release())
        """,
    "a release that is handed on": """\
        import threading
        class Pool:
            def __init__(self, stack):
                self._lock = threading.Lock()
                self.stack = stack
            def start(self):
                self._lock.acquire()
                self.stack.callback(self._lock.release)
        """,
    "try-lock back-off": """\
        import threading, time
        a, b = threading.Lock(), threading.Lock()
        def both():
            while True:
                a.acquire()
                if b.acquire(blocking=False):
                    return
                a.release()
                time.sleep(0.01)
        def neither():
            b.release()
            a.release()
        """,
    "hand over hand": """\
        import threading
        class Node:
            def __init__(self):
                self.lock = threading.Lock()
                self.next = None
        def walk(head):
            node = head
            node.lock.acquire()
            while node.next is not None:
                following = node.next
                following.lock.acquire()
                node.lock.release()
                node = following
            node.lock.release()
        """,
    "released for a while and taken back": """\
        import threading
        class Queue:
            def __init__(self):
                self._lock = threading.Lock()
            def get(self, job):
                with self._lock:
                    self._outside(job)
            def _outside(self, job):
                self._lock.release()
                try:
                    job()
                finally:
                    self._lock.acquire()
        """,
    "a gate that another thread opens": """\
        import threading
        gate = threading.Lock()
        def wait_for_it():
            gate.acquire()
            gate.acquire()
        def open_it():
            gate.release()
        """,
    "a lock passed to who releases it": """\
        import threading
        def run(start):
            done = threading.Lock()
            done.acquire()
            start(done)
        """,
    "a semaphore of permits": """\
        import threading
        permits = threading.Semaphore(3)
        def take():
            permits.acquire()
            return object()
        """,
    "a lock that may be none": """\
        import threading
        class Handler:
            def __init__(self):
                self.lock = threading.RLock()
            def grab(self):
                if self.lock:
                    self.lock.acquire()
            def drop(self):
                if self.lock:
                    self.lock.release()
            def handle(self, job):
                self.grab()
                try:
                    job()
                finally:
                    self.drop()
        """,
    "an RLock taken twice": """\
        import threading
        lock = threading.RLock()
        def outer():
            with lock:
                inner()
        def inner():
            with lock:
                return 1
        """,
    "a private method that expects the lock": """\
        import threading
        class Inbox:
            def __init__(self):
                self._ready = threading.Condition()
                self._items = []
            def put(self, item):
                with self._ready:
                    self._items.append(item)
                    self._tell()
            def _tell(self):
                self._ready.notify()
        """,
    "a gate lock that keeps two orders apart": """\
        import threading
        gate, a, b = threading.Lock(), threading.Lock(), threading.Lock()
        def one():
            with gate, a, b:
                return 1
        def two():
            with gate:
                with b:
                    with a:
                        return 2
        """,
    "two read locks in either order": """\
        class Both:
            def __init__(self, a, b):
                self.a = a
                self.b = b
            def one(self):
                self.a.acquire_read()
                self.b.acquire_read()
                self.b.release_read()
                self.a.release_read()
            def two(self):
                self.b.acquire_read()
                self.a.acquire_read()
                self.a.release_read()
                self.b.release_read()
        """,
}


@pytest.mark.parametrize("text", DELIBERATE.values(), ids=DELIBERATE.keys())
def test_what_is_deliberate_is_not_blamed(codes, text):
    assert codes(text) == []


def test_a_function_named_acquire_may_return_holding(codes):
    text = """\
    import threading
    lock = threading.Lock()
    def acquire_table():
        lock.acquire()
    """
    assert codes(text) == []


def test_the_same_function_under_another_name_is_blamed_when_nobody_releases(codes):
    text = """\
    import threading
    lock = threading.Lock()
    def read_table():
        lock.acquire()
    """
    assert codes(text) == [("LT101", 4)]


def test_coroutines_that_hand_a_lock_on_to_their_caller_are_not_blamed(codes):
    text = """\
    import asyncio
    async def main():
        lock = asyncio.Lock()
        async def take():
            await lock.acquire()
        await lock.acquire()
        task = asyncio.create_task(take())
        lock.release()
        await task
        lock.release()
    """
    assert codes(text) == []


def test_a_wait_without_a_time_out_has_one_answer(codes):
    text = """\
    import threading
    ready = threading.Condition()
    def f(items):
        ready.acquire()
        while not items:
            if ready.wait():
                break
        else:
            ready.release()
            return
        ready.release()
    """
    assert codes(text) == []


def test_looking_after_a_process_without_waiting_does_not_block(codes):
    text = """\
    import os, threading
    lock = threading.Lock()
    def f(pid):
        with lock:
            return os.waitpid(pid, os.WNOHANG)
    """
    assert codes(text) == []


def test_a_local_lock_that_a_thread_gives_back_is_a_signal_and_no_hold(codes):
    text = """\
    import threading
    def f(job):
        done = threading.Lock()
        def work():
            job()
            done.release()
        done.acquire()
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    """
    assert codes(text) == []
