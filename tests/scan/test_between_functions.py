"""Rules that look along the calls of the project."""

from __future__ import annotations


def test_a_lock_acquired_again_two_calls_down_in_another_module_is_an_error(scanned):
    report = scanned(
        table="""\
        import threading
        import helper
        class Table:
            def __init__(self):
                self._lock = threading.Lock()
            def size(self):
                with self._lock:
                    return 1
            def report(self):
                with self._lock:
                    return helper.relay(self)
        """,
        helper="""\
        from table import Table
        def relay(table: Table):
            return table.size()
        """,
    )
    (finding,) = report.findings
    assert (finding.code, str(finding.severity), finding.line) == ("LT201", "error", 11)
    assert [step.text for step in finding.path][1:3] == ["calls relay", "calls Table.size"]


def test_the_lock_of_another_object_of_the_class_is_another_lock(codes):
    text = """\
    import threading
    class Account:
        def __init__(self):
            self.lock = threading.Lock()
        def close(self):
            with self.lock:
                return 1
        def close_other(self, other: "Account"):
            with self.lock:
                return other.close()
    """
    assert codes(text) == []


def test_a_nested_with_on_one_lock_waits_for_itself(scanned):
    report = scanned("""\
    import threading
    lock = threading.Lock()
    def f():
        with lock:
            with lock:
                return 1
    """)
    assert [(f.code, str(f.severity), f.line) for f in report.findings] == [("LT201", "error", 5)]


def test_two_orders_are_an_inversion_told_with_both_ways(scanned):
    report = scanned("""\
    import threading
    a = threading.Lock()
    b = threading.Lock()
    def one():
        with a:
            with b:
                return 1
    def two():
        with b:
            three()
    def three():
        with a:
            return 2
    """)
    (finding,) = report.findings
    assert finding.code == "LT203"
    assert {step.line for step in finding.path} == {5, 6, 9, 10, 12}


def test_a_circle_of_three_locks_is_an_inversion(codes):
    text = """\
    import threading
    a, b, c = threading.Lock(), threading.Lock(), threading.Lock()
    def f():
        with a, b:
            return 1
    def g():
        with b, c:
            return 1
    def h():
        with c, a:
            return 1
    """
    assert [code for code, _ in codes(text)] == ["LT203"]


def test_blocking_calls_under_a_lock_are_told_also_along_a_call(codes):
    text = """\
    import queue, threading, time
    class Worker:
        def __init__(self):
            self._lock = threading.Lock()
            self._jobs = queue.Queue()
            self._thread = threading.Thread(target=self.run)
        def stop(self):
            with self._lock:
                self._thread.join()
        def run(self):
            with self._lock:
                return self._jobs.get()
        def nap(self):
            with self._lock:
                self._rest()
        def _rest(self):
            time.sleep(1)
        def patient(self):
            with self._lock:
                self._thread.join(1)
                return self._jobs.get(timeout=1)
    """
    assert codes(text) == [("LT301", 9), ("LT301", 12), ("LT301", 15)]


def test_waiting_for_a_condition_lets_its_own_lock_go_and_no_other(codes):
    text = """\
    import threading
    class Inbox:
        def __init__(self):
            self._table = threading.Lock()
            self._mutex = threading.Lock()
            self._ready = threading.Condition(self._mutex)
            self.items = []
        def fine(self):
            with self._mutex:
                while not self.items:
                    self._ready.wait()
        def nested(self):
            with self._table:
                with self._ready:
                    while not self.items:
                        self._ready.wait()
    """
    assert codes(text) == [("LT301", 16)]


def test_a_lock_in_a_finalizer_is_told_also_along_a_call(codes):
    text = """\
    import threading
    class Pool:
        def __init__(self):
            self._lock = threading.Lock()
        def forget(self):
            with self._lock:
                return 1
    class Entry:
        def __init__(self):
            self.pool = Pool()
        def __del__(self):
            self.pool.forget()
    """
    assert codes(text) == [("LT601", 12)]


def test_a_lock_in_a_signal_handler_is_told(codes):
    text = """\
    import signal, threading
    lock = threading.Lock()
    def on_term(signum, frame):
        with lock:
            return None
    signal.signal(signal.SIGTERM, on_term)
    """
    assert codes(text) == [("LT602", 4)]


def test_a_wrapper_that_leaves_the_lock_held_counts_in_its_caller(codes):
    text = """\
    import threading, time
    class Table:
        def __init__(self):
            self._lock = threading.Lock()
        def _in(self):
            self._lock.acquire()
        def _out(self):
            self._lock.release()
        def work(self, job):
            self._in()
            time.sleep(1)
            self._out()
            time.sleep(1)
    """
    assert codes(text) == [("LT301", 11)]


def test_a_context_manager_of_the_project_holds_in_its_body(codes):
    text = """\
    import contextlib, threading, time
    class Table:
        def __init__(self):
            self._lock = threading.Lock()
        @contextlib.contextmanager
        def _guarded(self):
            with self._lock:
                yield
        def work(self):
            with self._guarded():
                time.sleep(1)
    """
    assert codes(text) == [("LT301", 11)]
