"""Runs in the target, once for each attach, in a thread of its own: brings the agent up there.

It is sent as text, so it is one file and imports what every CPython has built in. What it
imports more goes past the program's own import hooks and search path, and `sys.path`,
`sys.meta_path` and `os.environ` are afterwards as before. Whatever happens is an answer.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import _thread
import contextlib
import functools
import marshal
import os
import sys
import time

__name__ = "locktrace_visit"
CORE = "locktrace.agent._core"
FOLDERS = ("/tmp", "/dev/shm", "/var/tmp")
DONE, CANCEL = 2, 1
importing = sys.modules["_frozen_importlib"]
files = sys.modules["_frozen_importlib_external"]


class RefusedError(Exception):
    """The agent cannot come up here; the message is told to whoever attaches."""


class SharedMemory:
    """What we share with the command: locktrace/launch/inject/visit.py."""

    def __init__(self, view, bundle):
        self._words = view[:8].cast("I")
        answer, self._room, _, _ = view[256:288].cast("Q")
        self._answer = view[answer : answer + self._room]
        self.bundle = bundle

    def cancelled(self):
        return self._words[1] == CANCEL

    def answer(self, text):
        encoded = text.encode("utf-8", "replace")[: self._room - 1]
        self._answer[: len(encoded)] = encoded
        self._words[0] = DONE


class Files:
    """The same for a program that runs this itself; `answer` is the file to write."""

    def __init__(self, bundle, answer):
        self.bundle = marshal.loads(bundle)
        self._path = answer

    def cancelled(self):
        return not os.path.exists(os.path.dirname(self._path))

    def answer(self, text):
        with open(self._path + ".part", "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        os.rename(self._path + ".part", self._path)


class Resident:
    """All that stays for good, as `sys._locktrace`, for fork hooks cannot be taken back.

    Keeps the modules of an agent that was detached, which the next attach wakes, and what this
    script has defined, for doorstep.py.
    """

    def __init__(self):
        self.id = ""
        self.visitor = globals()
        self.asleep = {}
        self._turn = {}
        self._undo = None
        self._thread = 0
        os.register_at_fork(after_in_child=self._forked)

    def begin(self, cancelled, undo):
        """One comes in or goes out at a time; `undo` is for a child forked meanwhile."""
        while self._turn.setdefault("by", undo) is not undo:
            if cancelled():
                raise RefusedError("it was called off")
            time.sleep(0.002)
        self._thread, self._undo = _thread.get_ident(), undo

    def end(self):
        self._undo = None
        self._turn.pop("by", None)

    def _forked(self):
        if self._undo is not None:
            forget_imports(self._thread)
            self._undo()
            self.end()

    def put_away(self):
        """Take the detached agent's modules out of `sys.modules`."""
        self.begin(bool, self._put_away)
        try:
            self._put_away()
        finally:
            self.end()

    def _put_away(self):
        for name in [name for name in sys.modules if is_ours(name)]:
            if isinstance(getattr(sys.modules[name].__spec__, "loader", None), Carried) or (
                name == CORE
            ):
                self.asleep[name] = sys.modules.pop(name)


def is_ours(name):
    return name == "locktrace" or name.startswith("locktrace.")


def forget_imports(ident):
    """In a forked child: what that thread was importing has no importer any more.

    Its locks would never be released, so whoever imports one of these modules starts anew.
    """
    for name, reference in list(importing._module_locks.items()):
        lock = reference()
        if lock is not None and lock.owner in {ident, None}:  # None: it was about to take it
            importing._module_locks.pop(name, None)
            module = sys.modules.get(name)
            if getattr(getattr(module, "__spec__", None), "_initializing", False):
                sys.modules.pop(name, None)


class Carried:
    """Finds and loads the modules that we bring, and the standard library's, for our thread."""

    def __init__(self, bundle):
        self._modules = bundle["modules"]
        ours = bundle["magic"] == files.MAGIC_NUMBER
        self._compiled = bundle["compiled"] if ours else {}
        self._core = bundle["core"]
        self._thread = _thread.get_ident()
        home = os.path.dirname(os.__file__)
        self._standard = [home, os.path.join(home, "lib-dynload")]
        self.note = ""

    def find_spec(self, name, path=None, _target=None):
        if _thread.get_ident() != self._thread:
            return None
        if name in self._modules:
            file, package, _ = self._modules[name]
            spec = importing.ModuleSpec(name, self, origin=file, is_package=package)
            spec.has_location = True
            return spec
        if name == CORE and self._core is not None:
            return importing.ModuleSpec(name, CoreLoader(self), origin=name)
        if is_ours(name):
            return None
        return (
            importing.BuiltinImporter.find_spec(name, path)
            or importing.FrozenImporter.find_spec(name, path)
            or files.PathFinder.find_spec(name, self._standard if path is None else path)
        )

    def create_module(self, _spec):
        return None

    def exec_module(self, module):
        exec(self._code(module.__name__), module.__dict__)

    def _code(self, name):
        if name in self._compiled:
            return marshal.loads(self._compiled[name])
        file, _, source = self._modules[name]
        return compile(source, file, "exec", dont_inherit=True)

    def place_core(self):
        """(path, how to remove it): a file to load the core from."""
        try:
            fd = os.memfd_create("locktrace", os.MFD_CLOEXEC)
        except OSError:
            return self._file()
        # The linker knows libraries by their path: no other one may come by this one.
        path = f"/proc/self/task/{_thread.get_native_id()}/fd/{fd}"
        if not os.path.exists(path):
            os.close(fd)
            return self._file()
        identity = os.fstat(fd)
        write(fd, self._core)
        return path, functools.partial(close, fd, identity)

    def _file(self):
        named = [os.environ.get("XDG_RUNTIME_DIR", ""), os.environ.get("TMPDIR", "")]
        name = f"locktrace-{os.getpid()}-{time.monotonic_ns()}.so"
        for folder in [folder for folder in [*named, *FOLDERS] if folder.startswith("/")]:
            path = os.path.join(folder, name)
            try:
                if os.statvfs(folder).f_flag & os.ST_NOEXEC:
                    continue
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                fd = os.open(path, flags, 0o700)
            except OSError:
                continue
            try:
                write(fd, self._core)
            finally:
                os.close(fd)
            return path, functools.partial(os.unlink, path)
        raise ImportError("there is no folder that it could be loaded from")


class CoreLoader:
    """Loads the C core from a file that is gone when it has."""

    def __init__(self, carried):
        self._carried = carried
        self._remove = None

    def create_module(self, spec):
        try:
            path, self._remove = self._carried.place_core()
            self._loader = files.ExtensionFileLoader(spec.name, path)
            return self._loader.create_module(
                importing.ModuleSpec(spec.name, self._loader, origin=path)
            )
        except BaseException as error:
            self._carried.note = str(error)
            raise
        finally:
            if self._remove is not None:
                self._remove()

    def exec_module(self, module):
        try:
            self._loader.exec_module(module)
        except BaseException as error:
            self._carried.note = str(error)
            raise


def write(fd, data):
    with memoryview(data) as left:
        done = 0
        while done < len(data):
            done += os.write(fd, left[done:])


def close(fd, identity):
    """Unless the program has closed it meanwhile and uses the number itself."""
    now = os.fstat(fd)
    if (now.st_dev, now.st_ino) == (identity.st_dev, identity.st_ino):
        os.close(fd)


class MainThread:
    """`threading`, imported by us for the first time, must not take us for the main thread.

    From 3.13 on it asks the interpreter who that is; before, it takes who imports it.
    """

    def __enter__(self):
        self._needed = "threading" not in sys.modules and sys.version_info < (3, 13)
        return self

    def __exit__(self, *exc_info):
        threading = sys.modules.get("threading")
        if not self._needed or threading is None:
            return
        main, ours, theirs = threading._main_thread, _thread.get_ident(), self._ident()
        if main._ident != ours or not theirs:
            return
        # Its end is told by a lock that the interpreter frees when our thread ends.
        alive = _thread.allocate_lock()
        alive.acquire()
        threading._shutdown_locks.discard(main._tstate_lock)
        threading._shutdown_locks.add(alive)
        main._tstate_lock = alive
        threading._active[theirs] = threading._active.pop(ours)
        main._ident, main._native_id = theirs, os.getpid()
        if threading._SHUTTING_DOWN and not main._is_stopped:
            alive.release()  # the program ends already and waits for us as for any thread

    def _ident(self):
        """Of the thread that runs `__main__`, or of any other than ours."""
        others = {k: v for k, v in sys._current_frames().items() if k != _thread.get_ident()}
        program = sys.modules["__main__"].__dict__
        for ident, frame in others.items():
            outermost = frame
            while outermost.f_back is not None:
                outermost = outermost.f_back
            if outermost.f_globals is program and outermost.f_code.co_name == "<module>":
                return ident
        return min(others, default=0)


def come_in(door):
    """The answer: `ok` with what is there now, or the reason why not."""
    resident = sys.__dict__.get("_locktrace") or sys.__dict__.setdefault("_locktrace", Resident())
    arrival = Arrival(door.bundle, resident)
    resident.begin(door.cancelled, arrival.abandon)
    try:
        switch = arrival.agent()
        if door.cancelled():
            raise RefusedError("it was called off")
        switch.AGENT.install()
        socket = switch.AGENT.socket
        if socket is None:
            trouble = switch.AGENT.publisher.trouble
            switch.AGENT.uninstall()
            raise RefusedError(f"its agent cannot be reached: {trouble}")
        core = switch.AGENT.core.ledger.name
        arrival.load_the_rest()
    except BaseException:
        arrival.undo()
        raise
    finally:
        resident.end()
    return {"socket": socket, "core": core, "note": arrival.note}


class Arrival:
    """The agent's modules: those of the program, those that sleep here, or those we bring."""

    def __init__(self, bundle, resident):
        self._bundle = bundle
        self._resident = resident
        self._finder = None
        self._ours = False
        self.note = ""

    def agent(self):
        """The module `locktrace.agent.switch`."""
        there = sys.modules.get("locktrace")
        if there is not None:
            self._refuse_stranger(there)
            return sys.modules["locktrace.agent.switch"]
        self._ours = True
        if self._resident.asleep and self._resident.id == self._bundle["id"]:
            sys.modules.update(self._resident.asleep)
            self._resident.asleep = {}
        else:
            self._load()
        return sys.modules["locktrace.agent.switch"]

    def _refuse_stranger(self, there):
        version, ours = getattr(there, "__version__", None), self._bundle["version"]
        if version != ours:
            raise RefusedError(
                f"it has imported its own locktrace, version {version}, and this is {ours}: "
                "attach with that one"
            )

    def _load(self):
        self._finder = Carried(self._bundle)
        sys.meta_path.insert(0, self._finder)
        with MainThread():
            __import__("threading")
        __import__("locktrace.agent.switch")
        self._resident.id, self._resident.asleep = self._bundle["id"], {}

    def load_the_rest(self):
        """What the agent may want to import one day, when nobody would find it any more."""
        if self._finder is None:
            return
        for name in self._bundle["modules"]:
            if name not in sys.modules:
                with contextlib.suppress(ImportError):
                    __import__(name)
        self._step_aside()
        self.note = self._finder.note

    def _step_aside(self):
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def undo(self):
        """As if we had never come; what the program has imported itself stays."""
        self._undo("uninstall")

    def abandon(self):
        """The same in a child forked meanwhile: the agent's sockets, if any, are its parent's."""
        self._undo("abandon")

    def _undo(self, way_out):
        if not self._ours:
            return
        agent = getattr(sys.modules.get("locktrace.agent.switch"), "AGENT", None)
        if agent is not None:
            with contextlib.suppress(Exception):
                getattr(agent, way_out)()
        if self._finder is not None:
            self._step_aside()
        for name in [name for name in sys.modules if is_ours(name)]:
            sys.modules.pop(name, None)


def main(door):
    serve = None
    try:
        answer = {"ok": "yes", **come_in(door)}
        serve = sys.modules["locktrace.agent.switch"].AGENT.publisher.lend
    except RefusedError as refused:
        answer = {"ok": "", "why": str(refused)}
    except ModuleNotFoundError as error:
        why = f"it cannot reach its standard library any more ({error}), as after a chroot"
        answer = {"ok": "", "why": why}
    except BaseException as error:
        answer = {"ok": "", "why": f"the agent could not start ({type(error).__name__}: {error})"}
    door.answer(
        "\n".join(f"{key}={str(value).replace(chr(10), ' ')}" for key, value in answer.items())
    )
    if serve is not None:  # this thread is the agent's where it can have none of its own
        serve()
