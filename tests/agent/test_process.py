"""Forks, exits, uninstalling: the process goes on as if nobody had looked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support import PATIENCE_S, environment, observed, running

pytestmark = pytest.mark.usefixtures("core")


RESTARTED = """
import os, threading, time
os.register_at_fork(after_in_parent=threading.Thread(target=time.sleep, args=(1,)).start)
if os.fork() == 0:
    os._exit(0)
os.wait()
"""


def counts_what_hooks_start(python: str) -> bool:
    """Whether `os.fork` warns of threads that were started when it was over, as CPython 3.13 does
    until 3.13.10, and 3.14.0: its issue 137109."""
    command = [python, "-W", "always", "-c", RESTARTED]
    plain = environment(trace=False)
    done = subprocess.run(command, env=plain, capture_output=True, text=True, check=True)
    return "multi-threaded" in done.stderr


def test_forked_children_end_as_they_would_and_are_told_no_warning(python: str) -> None:
    with running("forking", python=python) as target:
        target.expect("threads 1")
        target.expect("child 7")
        target.expect("child 7")
        said = target.read().split()
        assert said[0] == "here"
        target.tell("on")
        target.expect("parent")
        code, _, errors = target.finish()
        assert code == 0
        assert errors == "" or counts_what_hooks_start(python)


LOOKS_WHO_IS_THERE = """
import os, sys, time
from locktrace.agent import publisher
publisher.UNSEEN_MS = 3_600_000

def look():
    time.sleep(0.2)  # our thread could run, if it were one of Python's
    print(len(sys._current_frames()), flush=True)

if os.fork() == 0:
    look()
    if os.fork() == 0:
        look()
        sys.exit()
    os.wait()
    sys.exit()
os.wait()
"""


def test_a_child_finds_itself_alone_and_ends_and_forks_without_waiting_for_us(python: str) -> None:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", LOOKS_WHO_IS_THERE],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("1\n1\n", "")


def test_a_forked_child_is_a_process_of_its_own(python: str) -> None:
    with running("forking", python=python) as target:
        for line in ("threads 1", "child 7", "child 7"):
            target.expect(line)
        child = int(target.read().split()[1])
        target.pid, parent = child, target.pid
        with observed(target) as session:
            snapshot = session.poll(0).snapshot
            assert snapshot.process.pid == child
            assert snapshot.actors
        target.pid = parent
        with observed(target) as session:
            assert session.poll(0).snapshot.process.pid == parent


FORKED_BY_ANOTHER_THREAD = """
import os, threading

def fork():
    if os.fork() == 0:
        return  # and the child ends, for this was its only thread
    print(os.wait()[1])

forking = threading.Thread(target=fork)
forking.start()
forking.join()
"""


def test_a_child_that_another_thread_has_forked_ends_with_its_last_thread(python: str) -> None:
    done = subprocess.run(
        [python, "-W", "ignore", "-c", FORKED_BY_ANOTHER_THREAD],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


UNINSTALL = """
import threading, weakref
before = {cls: dict(vars(cls)) for cls in (threading.Condition, threading.Event,
          threading.Semaphore, threading.BoundedSemaphore)}
names = threading.Lock, threading._CRLock
import locktrace
for _ in range(3):
    locktrace.install()
    locktrace.install()
    made = threading.Lock(), threading.RLock(), threading.Condition(), threading.Event()
    held = threading.Lock()
    held.acquire()
    permits, door = threading.Semaphore(0), threading.Event()
    calls = [weakref.WeakMethod(call) for call in (permits.release, door.set, door.wait)]
    locktrace.uninstall()
    locktrace.uninstall()
    for call in calls:
        call()()
    assert permits.acquire(timeout=1) and door.is_set()
    assert (threading.Lock, threading._CRLock) == names
    assert {cls: dict(vars(cls)) for cls in before} == before
    held.release()
    for lock in made[:3]:
        with lock:
            pass
    made[3].set()
    assert made[3].wait(1)
del call, calls  # who refers to what was put back has gone
locktrace.install(); locktrace.uninstall()
from locktrace.agent.primitives import patches
assert patches._kept == []
print("clean", threading.active_count())
"""


def run(script: str, python: str) -> str:
    """What a script prints; it must have nothing to complain of."""
    done = subprocess.run(
        [python, "-W", "error", "-c", script],
        env=environment(trace=False),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


FORKS = """
import locktrace, os, threading, time
locktrace.install()
from locktrace.agent.switch import AGENT

def threads(): return len(os.listdir("/proc/self/task"))

def settled(number):
    deadline = time.monotonic() + 60
    while threads() != number and time.monotonic() < deadline:
        time.sleep(0.01)
    return threads()

publisher = AGENT.publisher
publisher.pause()
publisher.pause()
publisher.resume()
print("one of two forks is over:", settled(1))
publisher.resume()
publisher.start()
print("both are:", settled(2))

def fork():
    for _ in range(20):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

forkers = [threading.Thread(target=fork) for _ in range(4)]
for thread in forkers: thread.start()
for thread in forkers: thread.join()
print("after many:", settled(2))
"""


def test_threads_that_fork_at_once_leave_one_thread_of_ours() -> None:
    said = run(FORKS, sys.executable)
    assert said == "one of two forks is over: 1\nboth are: 2\nafter many: 2\n"


DESCRIPTORS = """
import locktrace, os, time
from locktrace.agent import publisher
from locktrace.agent.audience import Audience

def descriptors():
    while len(os.listdir("/proc/self/task")) > 1:  # on a busy machine our thread ends late
        time.sleep(0.01)
    return len(os.listdir("/proc/self/fd"))

locktrace.install(); locktrace.uninstall()
before = descriptors()
"""
ROUNDS = f"""{DESCRIPTORS}
for _ in range(20):
    locktrace.install(); locktrace.uninstall()
print(descriptors() - before)
"""


def test_no_descriptor_is_left_behind_by_uninstalling(python: str) -> None:
    assert run(ROUNDS, python) == "0\n"


LATE = f"""{DESCRIPTORS}
publisher.FAREWELL_S = 0.05
uninstalled, farewell = [], Audience.farewell

def farewell_when_nobody_waits_for_it(self, reason):
    while not uninstalled: time.sleep(0.001)
    farewell(self, reason)

Audience.farewell = farewell_when_nobody_waits_for_it
locktrace.install(); locktrace.uninstall()
print("our threads:", len(os.listdir("/proc/self/task")) - 1)
uninstalled.append(True)
print("descriptors:", descriptors() - before)
"""


def test_nor_by_a_thread_of_ours_that_ends_when_nobody_waits_for_it_any_more(python: str) -> None:
    assert run(LATE, python) == "our threads: 1\ndescriptors: 0\n"


FORKS_AMID = """
import os, threading, warnings
from locktrace.agent.switch import AGENT
warnings.simplefilter("ignore", DeprecationWarning)  # there are threads: that is what is tested
def looks():
    return [threading.Lock, *map(vars, (threading.Condition, threading.Semaphore, threading.Event))]
plain, reached, go_on = list(map(str, looks())), threading.Lock(), threading.Lock()
once = [reached.acquire() and go_on.acquire()]
AGENT.install()
AGENT._patches.on_undo(lambda: once and (once.pop(), reached.release(), go_on.acquire()))
thread = threading.Thread(target=AGENT.uninstall)
thread.start()
reached.acquire()
child = os.fork()
if child == 0:
    os._exit(list(map(str, looks())) != plain)
print("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
go_on.release()
thread.join()
print(list(map(str, looks())) == plain)
"""


def test_a_child_that_is_forked_while_the_agent_is_taken_out_is_without_it(python: str) -> None:
    assert run(FORKS_AMID, python) == "child 0\nTrue\n"


FRAMELESS = """
import _thread, operator, queue, threading, time
from collections import deque
from concurrent import futures
from functools import partial
import locktrace
locktrace.install()
event, permits, pool = threading.Event(), threading.Semaphore(1), futures.ThreadPoolExecutor(1)
lock, rlock, sleeper = threading.Lock(), threading.RLock(), threading.Timer(0.01, int)
sleeper.start()
for call in (
    threading.Lock, threading.RLock, threading.Condition, threading.Event, threading.Semaphore,
    queue.Queue, futures.Future, futures.ThreadPoolExecutor, lock.acquire, lock.release,
    lock.__enter__, rlock.acquire, permits.acquire, permits.release, permits.__enter__,
    permits.release, sleeper.join, event.set, event.wait,
):
    ended, deadline = [], time.monotonic() + 30
    _thread.start_new_thread(deque, (map(operator.call, [call, partial(ended.append, 1)]), 0))
    while not ended and time.monotonic() < deadline:  # if it raises it does not end
        time.sleep(0.001)
print(permits._value, lock.locked())
waiting = threading.Event()
_thread.start_new_thread(waiting.wait, ())
while not waiting._cond._waiters:
    time.sleep(0.001)
waiting.set()
"""


def test_what_c_code_calls_in_a_thread_without_python_code_does_as_it_would(python: str) -> None:
    assert run(FRAMELESS, python) == "1 True\n"


BUSY = """
import threading
from concurrent.futures import ThreadPoolExecutor
import locktrace
from locktrace.agent.switch import AGENT
def shares():
    pools = {row.id for row in AGENT.core.ledger.locks() if row.kind == "Executor"}
    return [row for row in AGENT.core.ledger.holds() if row[1] in pools]
def at_work():
    begun, enough = threading.Event(), threading.Event()
    future = pool.submit(lambda: (begun.set(), enough.wait()))
    begun.wait()
    return future, enough
locktrace.install()
with ThreadPoolExecutor(1) as pool:
    future, enough = at_work()
    print(len(shares()))
    locktrace.uninstall()
    locktrace.install()
    enough.set()
    future.result()
    future, enough = at_work()
    print(len(shares()))
    enough.set()
"""


def test_a_worker_that_was_busy_while_tracing_was_off_gives_back_no_share(python: str) -> None:
    assert run(BUSY, python) == "1\n1\n"


EXHAUSTED = """
import os, resource, threading, time
import locktrace.agent.switch as switch
from locktrace.agent.publisher import Publisher
import locktrace
locktrace.install()  # what it imports would be out of reach
locktrace.uninstall()
if WITHOUT == "descriptors":
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    taken = []
    try:
        while True:
            taken.append(os.dup(0))
    except OSError:
        pass
else:
    import _thread
    def refuse(*_): raise RuntimeError("can't start new thread")
    start, _thread.start_new_thread = _thread.start_new_thread, refuse
plain = threading.Condition.wait
locktrace.install()
assert switch.AGENT.installed and switch.AGENT.publisher.trouble
with threading.Lock(), threading.Condition():
    pass
switch.AGENT.publisher._last_act = lambda: [time.sleep(0.001) for _ in range(300)]  # it ends late
locktrace.uninstall()
assert threading.Condition.wait is plain
print("none the wiser")
"""


@pytest.mark.parametrize("missing", ["descriptors", "threads"])
def test_a_process_without_anything_left_is_traced_and_told_nothing(missing: str) -> None:
    script = f"WITHOUT = {missing!r}\n{EXHAUSTED}"
    assert run(script, sys.executable) == "none the wiser\n"


DEPARTING = """
import os, resource, time
import locktrace
from locktrace.agent.switch import AGENT
locktrace.install()
leave = AGENT._departure.leave
AGENT._departure.leave = lambda: (leave(), [time.sleep(0.001) for _ in range(300)])  # it ends late
AGENT._departure.start()
while AGENT.installed: time.sleep(0.001)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
print("gone")
"""


def test_a_process_without_a_descriptor_ends_well_while_the_agent_is_taken_out(python: str) -> None:
    assert run(DEPARTING, python) == "gone\n"


BACKLOG = """
import locktrace, os, resource, socket, time
locktrace.install()
from locktrace.agent.switch import AGENT
path = AGENT.publisher._listener.path
observer = socket.socket(socket.AF_UNIX)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
spent = time.process_time()
observer.connect(path)
time.sleep(1)  # it is the processor's time that counts
print("idle" if time.process_time() - spent < 0.3 else "busy")
for number in taken: os.close(number)
from locktrace.wire import frames
observer.sendall(frames.pack_json(frames.HELLO, {"protocol": frames.PROTOCOL}))
print("served" if observer.recv(1) else "sent away")
observer.close()
"""


def test_an_observer_waits_for_a_free_descriptor_without_a_busy_loop() -> None:
    assert run(BACKLOG, sys.executable) == "idle\nserved\n"


SUBINTERPRETER = """
import locktrace, os
locktrace.install()
from locktrace.agent.switch import AGENT
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
path = AGENT.publisher._listener.path
inode = os.stat(path).st_ino
inner = interpreters.create()
script = "import locktrace; locktrace.install(); from locktrace.agent.switch import AGENT; " \\
    "print(AGENT.installed, AGENT.publisher, flush=True)"
getattr(interpreters, "exec", interpreters.run_string)(inner, script)
interpreters.destroy(inner)
print(os.stat(path).st_ino == inode)
"""


def test_a_subinterpreter_is_not_traced_and_leaves_our_socket_alone(python: str) -> None:
    assert run(SUBINTERPRETER, python) == "False None\nTrue\n"


def test_uninstalling_restores_everything_and_locks_made_meanwhile_go_on(python: str) -> None:
    assert run(UNINSTALL, python) == "clean 1\n"


def test_counting_under_a_traced_lock_loses_nothing(python: str) -> None:
    with running("counter", python=python) as target:
        target.expect("counting")
        with observed(target):
            pass
        target.close_input()
        target.expect("right")


REGISTRY = """
import locktrace, multiprocessing
from multiprocessing import util
locktrace.install()

def child(generations, told):
    if generations == 0:
        told.send(len(util._afterfork_registry))
        return
    grandchild = fork.Process(target=child, args=(generations - 1, told))
    grandchild.start()
    grandchild.join()

fork = multiprocessing.get_context("fork")
heard, told = fork.Pipe(False)
before = len(util._afterfork_registry)
child(3, told)
print(heard.recv() - before)
"""


def test_children_of_multiprocessing_find_its_registry_as_long_as_it_was() -> None:
    assert run(REGISTRY, sys.executable) == "0\n"
