"""A program that has been running for long, in any of the ways in which locks are waited for and
held, before locktrace is switched on in it.

The first argument names the scene. Each scene starts its threads and returns when they are where
they shall be; then the agent comes, and lines from standard input are obeyed.
"""

import asyncio
import concurrent.futures
import contextlib
import queue
import sys
import threading
import time
from pathlib import Path

import locktrace
from locktrace_demo.rwmutex import RWMutex

ARRIVED = threading.Semaphore(0)
GO_ON = threading.Event()
LET_GO = threading.Event()


def rest():
    """Be where the scene wants this thread to be, until the test is over."""
    ARRIVED.release()
    GO_ON.wait()


def start(function, *args, name=None):
    thread = threading.Thread(target=function, args=args, name=name or function.__name__)
    thread.daemon = True
    thread.start()
    return thread


class Server:
    """Two locks and those who take them."""

    def __init__(self):
        self.table_lock = threading.Lock()
        self.stats_lock = threading.RLock()
        self.changed = threading.Condition()
        self.permits = threading.Semaphore(1)
        self.answer = concurrent.futures.Future()
        self.mail = queue.SimpleQueue()

    def with_lock(self):
        with self.table_lock:
            rest()

    def with_rlock(self):
        with self.stats_lock, self.stats_lock:
            rest()

    def with_condition(self):
        with self.changed:
            rest()

    def with_semaphore(self):
        with self.permits:
            rest()

    def in_a_generator(self):
        for _ in self.numbers():
            pass

    def numbers(self):
        with self.table_lock:
            yield rest()

    def in_a_generator_that_rests(self):
        for _ in self.numbers_while_resting():
            rest()

    def numbers_while_resting(self):
        with self.table_lock:
            yield 1

    def in_a_coroutine(self):
        asyncio.run(self.coroutine())

    async def coroutine(self):
        with self.table_lock:
            rest()

    def nested(self):
        with self.table_lock:  # noqa: SIM117
            with self.stats_lock:
                rest()

    def multiple(self):
        with self.table_lock as _, self.stats_lock, self.changed:
            rest()

    def in_an_exit_stack(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.table_lock)
            stack.enter_context(self.stats_lock)
            rest()

    def in_a_context_manager(self):
        with self.locked():
            rest()

    @contextlib.contextmanager
    def locked(self):
        with self.table_lock:
            yield

    def in_a_class_body(self):
        server = self

        class _Body:
            with server.table_lock:
                rest()

    def in_a_loop(self):
        for number in range(3):
            with self.table_lock:
                while number == 0:
                    rest()

    def in_try_finally(self):
        try:
            with self.table_lock:
                try:
                    raise KeyError
                except KeyError:
                    rest()
        finally:
            self.table_lock = None

    def in_a_match(self):
        match {"kind": "take", "of": self}:
            case {"kind": "take", "of": Server(table_lock=lock)}:
                with lock:
                    rest()

    def in_a_comprehension(self):
        with self.table_lock:
            return [rest() for _ in range(1)]

    def in_a_lambda(self):
        waiting = lambda: rest()  # noqa: E731, PLW0108
        with self.table_lock:
            waiting()

    def under_a_tracer(self):
        sys.settrace(lambda *_: lambda *_: None)
        with self.table_lock:
            rest()

    def under_a_monitor(self):
        if sys.version_info >= (3, 12):
            events = sys.monitoring.events
            sys.monitoring.use_tool_id(3, "test")
            sys.monitoring.register_callback(3, events.INSTRUCTION, lambda *_: None)
            sys.monitoring.register_callback(3, events.LINE, lambda *_: None)
            sys.monitoring.set_events(3, events.INSTRUCTION | events.LINE)
        with self.table_lock:
            rest()

    def when_hot(self):
        for number in range(5000):
            with self.table_lock:
                if number == 4999:
                    rest()

    def in_a_big_function(self):
        """More names and constants than one byte can number, and jumps too far for one."""
        lines = [f"    n{i} = {i} if n else {i + 1000}.5" for i in range(400)]
        block = ["    with lock:", "        for _ in range(1):", "            rest()"]
        block += [f"            n{i} += {i}.25" for i in range(400)]
        source = "\n".join(["def big(lock, n):", *lines, *block])
        scope = {"rest": rest}
        exec(compile(source, "big.py", "exec"), scope)
        scope["big"](self.table_lock, 1)

    def bare(self):
        self.table_lock.acquire()
        try:
            rest()
        finally:
            self.table_lock.release()

    def tried(self):
        if self.table_lock.acquire(blocking=False):
            rest()

    def failed(self):
        if not self.stats_lock.acquire(blocking=False):
            return
        self.stats_lock.release()
        rest()

    def taken_elsewhere(self):
        self.take()
        rest()

    def take(self):
        self.stats_lock.acquire()
        self.stats_lock.acquire()

    def taken_away(self):
        self.take_away()
        rest()

    def take_away(self):
        self.table_lock.acquire()

    def after_a_release(self):
        with self.table_lock:
            pass
        self.table_lock.acquire()
        self.table_lock.release()
        rest()


def scene_holds(forms):
    """Each form in a thread of its name, with locks of its own."""
    for form in forms.split(","):
        server = Server()
        start(getattr(server, form))
        ARRIVED.acquire()
    return server


def want(server):
    with server.table_lock:
        pass


def scene_stall(form):
    server = scene_holds(form)
    start(want, server, name="waiter")
    until_blocked("waiter")
    return server


def want_for_long(server):
    server.table_lock.acquire()
    while not LET_GO.is_set():
        time.sleep(0.01)  # and touches no lock
    server.table_lock.release()


def scene_handover(_):
    server = scene_holds("with_lock")
    start(want_for_long, server, name="waiter")
    until_blocked("waiter")
    return server


def take_twice(server):
    with server.table_lock:
        want(server)


def scene_twice(_):
    server = Server()
    start(take_twice, server, name="twice")
    until_blocked("twice")
    return server


def scene_idle(_):
    """Nobody has touched the locks yet; what is told on standard input makes them matter."""
    return Server()


def keep_for_long(server):
    server.take_away()
    ARRIVED.release()
    GO_ON.wait()
    server.table_lock.release()


def contend(server):
    """Two threads for one lock: it comes to matter."""
    start(keep_for_long, server, name="keeper")
    ARRIVED.acquire()
    start(want, server, name="waiter")


def look_up(table):
    table.lock.r_lock()


def read(table):
    table.lock.r_lock()
    table.lock.r_unlock()


def reload(table):
    table.lock.lock()


class Table:
    """Has a read-write lock of a class that has been registered, and lookups that keep it."""

    def __init__(self, lock):
        self.lock = lock


def scene_story(_):
    """A lookup has kept the read lock; a writer waits for it, and a reader behind the writer."""
    table = Table(RWMutex())
    locktrace.register_rwlock(RWMutex, read=("r_lock", "r_unlock"), write=("lock", "unlock"))
    look_up(table)
    for function, name in ((reload, "writer"), (read, "waiter")):
        start(function, table, name=name)
        until_blocked(name)
    return table


def scene_processes(_):
    """Two idle workers of a queue, and who waits for a condition and for an event."""
    import multiprocessing

    jobs, changed = multiprocessing.Queue(), multiprocessing.Condition()
    done = multiprocessing.Event()

    def wait():
        with changed:
            changed.wait()

    for name, function in (
        ("first", jobs.get), ("second", jobs.get), ("waiter", wait), ("awaiter", done.wait)
    ):  # fmt: skip
        start(function, name=name)
        until_blocked(name)
    return jobs, changed, done


def scene_fasteners(_):
    import fasteners

    table = fasteners.ReaderWriterLock()

    def read():
        with table.read_lock():
            rest()

    def write():
        with table.write_lock():
            pass

    start(read)
    ARRIVED.acquire()
    start(write)
    until_blocked("write")
    return table


def scene_readerwriterlock(_):
    from readerwriterlock import rwlock

    table = rwlock.RWLockFair()

    def write():
        with table.gen_wlock():
            rest()

    def read():
        with table.gen_rlock():
            pass

    start(write)
    ARRIVED.acquire()
    start(read)
    until_blocked("read")
    return table


async def hold_for_long(server):
    async with server.turn:
        await server.end.wait()


async def two_tasks(server):
    server.turn, server.end = asyncio.Lock(), asyncio.Event()
    holder = asyncio.create_task(hold_for_long(server), name="holder")
    await asyncio.sleep(0)
    waiter = asyncio.create_task(hold_for_long(server), name="waiter")
    await asyncio.sleep(0)
    ARRIVED.release()
    while not GO_ON.is_set():
        await asyncio.sleep(0.02)
    server.end.set()
    await asyncio.gather(holder, waiter)


def scene_tasks(_):
    server = Server()
    start(lambda: asyncio.run(two_tasks(server)), name="loop")
    ARRIVED.acquire()
    return server


def scene_deadlock(_):
    server = Server()
    meeting = threading.Barrier(2)

    def writer():
        with server.table_lock:
            meeting.wait()
            with server.stats_lock:
                pass

    def reporter():
        with server.stats_lock:
            meeting.wait()
            with server.table_lock:
                pass

    start(writer)
    start(reporter)
    until_blocked("writer")
    until_blocked("reporter")
    return server


WAITS = {
    "with": lambda s: s.table_lock.__enter__(),
    "acquire": lambda s: s.table_lock.acquire(),
    "timed": lambda s: s.table_lock.acquire(True, 500),
    "keyword": lambda s: s.table_lock.acquire(timeout=500),
    "unpacked": lambda s: s.table_lock.acquire(*(True,), timeout=500),
    "rlock": lambda s: s.stats_lock.acquire(),
    "condition": lambda s: waiting_in(s.changed, None),
    "condition timed": lambda s: waiting_in(s.changed, 500),
    "event": lambda s: threading.Event().wait(),
    "queue": lambda s: queue.Queue().get(),
    "semaphore": lambda s: s.permits.acquire(),
    "semaphore timed": lambda s: s.permits.acquire(timeout=500),
    "barrier": lambda s: threading.Barrier(2).wait(),
    "join": lambda s: start(rest, name="joined").join(),
    "future": lambda s: s.answer.result(),
    "future timed": lambda s: s.answer.result(500),
    "exception": lambda s: s.answer.exception(),
    "simple queue": lambda s: s.mail.get(),
    "simple queue timed": lambda s: s.mail.get(timeout=500),
}


def waiting_in(condition, timeout):
    with condition:
        condition.wait(timeout)


def scene_waits(_):
    """Each way to wait in a thread of its name."""
    server = Server()
    for holds in (server.with_lock, server.with_rlock, server.with_semaphore):
        start(holds)
        ARRIVED.acquire()
    for way, wait in WAITS.items():
        start(wait, server, name=way)
        until_blocked(way)
    return server


def import_ring():
    sys.path.insert(0, str(Path(__file__).parent / "slow_import"))
    import ring_module  # noqa: F401


async def keep_across_an_await(server):
    with server.table_lock:
        await asyncio.sleep(0)


async def two_that_keep(server):
    await asyncio.gather(keep_across_an_await(server), keep_across_an_await(server))


def serve(server):
    asyncio.run(two_that_keep(server))


def outer(pool):
    return pool.submit(len, "inner").result()


def keep_from_all(future):
    with future._condition:
        ARRIVED.release()
        LET_GO.wait()


def scene_hung(_):
    """Threads that cannot go on, each for a reason of its own, and a worker that can."""
    server = Server()
    starved = concurrent.futures.ThreadPoolExecutor(1, "starved")
    starved.submit(outer, starved)
    working = concurrent.futures.ThreadPoolExecutor(1, "working")
    answer = working.submit(rest)
    kept = concurrent.futures.ThreadPoolExecutor(1, "kept")
    start(keep_from_all, kept.submit(LET_GO.wait))
    for _ in range(2):
        ARRIVED.acquire()
    for name in ("starved_0", start(import_ring).name, start(serve, server).name, "plugin"):
        until_blocked(name)
    start(answer.result, name="asker")
    until_blocked("asker")
    return server, working


def until_blocked(name):
    """Until the OS says that the thread sleeps, twice."""
    while not (found := [each for each in threading.enumerate() if each.name == name]):
        time.sleep(0.01)
    [thread] = found
    seen = 0
    while seen < 2:
        time.sleep(0.02)
        state = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(") ")[2][0]
        seen = seen + 1 if state == "S" else 0


def main():
    scene, _, how = sys.argv[1].partition(":")
    server = globals()[f"scene_{scene}"](how)
    locktrace.install()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "go on":
            GO_ON.set()
        elif line.strip() == "let go":
            LET_GO.set()
        elif line.strip() == "contend":
            contend(server)
        elif line.strip() == "take":
            with server.table_lock:
                print("taken", flush=True)


main()
