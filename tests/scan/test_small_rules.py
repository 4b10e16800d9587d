"""Rules on one place each: found where it is wrong, silent where it is right."""

from __future__ import annotations

import pytest

WRONG = {
    "LT103 twice": ("LT103", 6, """\
        import threading
        lock = threading.Lock()
        def f():
            lock.acquire()
            lock.release()
            lock.release()
        """),
    "LT103 never acquired": ("LT103", 4, """\
        import threading
        lock = threading.Lock()
        def f():
            lock.release()
        """),
    "LT104 wrong mode": ("LT104", 6, """\
        def f(table, g):
            table.acquire_read()
            try:
                g()
            finally:
                table.release_write()
        """),
    "LT105 unchecked": ("LT105", 4, """\
        import threading
        lock = threading.Lock()
        def f():
            lock.acquire(timeout=1)
            lock.release()
        """),
    "LT202 recursive read": ("LT202", 3, """\
        def f(table):
            table.acquire_read()
            table.acquire_read()
            table.release_read()
            table.release_read()
        """),
    "LT302 await under a lock of threads": ("LT302", 5, """\
        import threading
        lock = threading.Lock()
        async def f(g):
            with lock:
                await g()
        """),
    "LT401 a new lock each time": ("LT401", 3, """\
        import threading
        def f(g):
            with threading.Lock():
                g()
        """),
    "LT402 never shared": ("LT402", 3, """\
        import threading
        def f(g):
            lock = threading.Lock()
            with lock:
                g()
        """),
    "LT403 nothing in it": ("LT403", 4, """\
        import threading
        lock = threading.Lock()
        def f():
            with lock:
                pass
        """),
    "LT501 wait outside a loop": ("LT501", 6, """\
        import threading
        ready = threading.Condition()
        def f(items):
            with ready:
                if not items:
                    ready.wait()
        """),
    "LT502 notify without the lock": ("LT502", 5, """\
        import threading
        ready = threading.Condition()
        def f(items):
            items.append(1)
            ready.notify()
        """),
}  # fmt: skip

RIGHT = {
    "an expected error": """\
        import threading
        lock = threading.Lock()
        def f():
            try:
                lock.release()
            except RuntimeError:
                return False
        """,
    "a checked time-out": """\
        import threading
        lock = threading.Lock()
        def f():
            if lock.acquire(timeout=1):
                lock.release()
        """,
    "an asyncio lock over an await": """\
        import asyncio
        lock = asyncio.Lock()
        async def f(g):
            async with lock:
                await g()
        """,
    "a local lock for threads": """\
        import threading
        def f(g):
            lock = threading.Lock()
            def work():
                with lock:
                    g()
            threading.Thread(target=work).start()
            with lock:
                g()
        """,
    "wait in a loop, and wait_for": """\
        import threading
        ready = threading.Condition()
        def f(items):
            with ready:
                while not items:
                    ready.wait()
                ready.wait_for(lambda: items)
        """,
    "a write lock after the read lock": """\
        def f(table):
            table.acquire_read()
            table.release_read()
            table.acquire_write()
            table.release_write()
        """,
}


@pytest.mark.parametrize(("code", "line", "text"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_found_at_its_line(codes, code, line, text):
    assert (code, line) in codes(text)


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_what_is_right_is_left_alone(codes, text):
    assert codes(text) == []
