"""The listing: every operation, with the lock's name, kind, mode and form."""

from __future__ import annotations


def rows(report):
    return [(x.line, x.action, x.name, x.kind, x.mode, x.form) for x in report.listing]


def test_every_operation_is_listed_with_its_form(scanned):
    report = scanned("""\
    from threading import Lock as L, Condition
    class Table:
        def __init__(self):
            self._lock = L()
            self._ready = Condition(self._lock)
        def a(self):
            with self._lock:
                self._ready.notify_all()
        def b(self):
            self._lock.acquire()
            try:
                return 1
            finally:
                self._lock.release()
        def c(self):
            self._lock.acquire()
            self._ready.wait()
            self._lock.release()
    """)
    assert rows(report) == [
        (4, "create", "self._lock", "Lock", "", ""),
        (5, "create", "self._ready", "Condition", "", ""),
        (7, "acquire", "Table._lock", "Lock", "exclusive", "with"),
        (8, "notify", "Table._ready", "Condition", "", ""),
        (10, "acquire", "Table._lock", "Lock", "exclusive", "try/finally"),
        (14, "release", "Table._lock", "Lock", "exclusive", "try/finally"),
        (16, "acquire", "Table._lock", "Lock", "exclusive", "bare"),
        (17, "wait", "Table._ready", "Condition", "", ""),
        (18, "release", "Table._lock", "Lock", "exclusive", "bare"),
    ]


def kinds(report, action="acquire"):
    return [(x.name, x.kind) for x in report.listing if x.action == action]


def test_locks_of_dataclass_fields_class_bodies_and_annotations_are_known(scanned):
    report = scanned("""\
    import threading
    from dataclasses import dataclass, field
    @dataclass
    class Row:
        guard: threading.Lock = field(default_factory=threading.Lock)
        other: threading.RLock
    class Shared:
        gate = threading.Lock()
        def f(self):
            with self.gate:
                return 1
    def g(row: Row, third: "threading.Lock | None"):
        with row.guard, row.other, third:
            return 1
    """)
    assert kinds(report) == [
        ("Shared.gate", "Lock"),
        ("Row.guard", "Lock"),
        ("Row.other", "RLock"),
        ("third", "Lock"),
    ]


def test_an_argument_is_known_from_the_calls_of_its_module_or_by_its_name(scanned):
    report = scanned("""\
    import threading
    def work(guard, other_lock, thing):
        with guard:
            pass
        with other_lock:
            pass
        with thing:
            pass
    def start():
        mine = threading.RLock()
        threading.Thread(target=work, args=(mine, 1, 2)).start()
    """)
    assert kinds(report) == [("guard", "RLock"), ("other_lock", "unknown")]


def test_locks_in_collections_and_of_base_classes_in_other_modules_are_known(scanned):
    report = scanned(
        base="""\
        import threading
        from collections import defaultdict
        class Base:
            def __init__(self):
                self._guard = threading.RLock()
                self._by_name = defaultdict(threading.Lock)
        """,
        child="""\
        import base
        class Child(base.Base):
            def f(self, name):
                with self._guard:
                    with self._by_name[name]:
                        return 1
        """,
    )
    assert kinds(report) == [("Base._guard", "RLock"), ("Base._by_name[name]", "Lock")]


def test_asyncio_and_multiprocessing_locks_are_told_by_their_family(scanned):
    report = scanned("""\
    import asyncio, multiprocessing
    ctx = multiprocessing.get_context("spawn")
    one, two, three = asyncio.Lock(), multiprocessing.Lock(), ctx.Semaphore()
    a = asyncio.Lock()
    b = ctx.Lock()
    async def f():
        async with a:
            with b:
                return 1
    """)
    assert kinds(report) == [("a", "asyncio.Lock"), ("b", "multiprocessing.Lock")]


def test_methods_of_a_registered_read_write_lock_have_their_modes(scanned):
    report = scanned("""\
    import locktrace
    class Gate:
        def inn(self): ...
        def out(self): ...
        def write(self): ...
        def unwrite(self): ...
    locktrace.register_rwlock(Gate, read=("inn", "out"), write=("write", "unwrite"))
    class Table:
        def __init__(self):
            self.lock = Gate()
        def f(self):
            self.lock.inn()
            self.lock.out()
            self.lock.write()
            self.lock.unwrite()
    """)
    found = [(x.line, x.action, x.mode) for x in report.listing if x.function == "Table.f"]
    assert found == [
        (12, "acquire", "shared"),
        (13, "release", "shared"),
        (14, "acquire", "exclusive"),
        (15, "release", "exclusive"),
    ]


def test_read_write_locks_of_well_known_packages_give_their_modes(scanned):
    report = scanned("""\
    import fasteners
    from readerwriterlock import rwlock
    one = fasteners.ReaderWriterLock()
    two = rwlock.RWLockFair()
    def f():
        with one.read_lock():
            pass
        with two.gen_wlock():
            return 1
    """)
    assert [(x.name, x.mode) for x in report.listing if x.action == "acquire"] == [
        ("one", "shared"),
        ("two", "exclusive"),
    ]


def test_a_bound_method_kept_in_a_variable_is_still_the_lock_s(scanned):
    report = scanned("""\
    import threading
    lock = threading.Lock()
    def f():
        take = lock.acquire
        give = lock.release
        take()
        give()
    """)
    assert [(x.line, x.action) for x in report.listing if x.function == "f"] == [
        (6, "acquire"),
        (7, "release"),
    ]
    assert report.findings == ()
