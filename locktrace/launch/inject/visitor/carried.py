"""Imports the modules that we bring, and the C core, past all that the program has set up."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,var-annotated"

import _thread
import functools
import marshal
import os
import sys
import time

CORE = "locktrace.agent._core"
FOLDERS = ("/tmp", "/dev/shm", "/var/tmp")
importing = sys.modules["_frozen_importlib"]
files = sys.modules["_frozen_importlib_external"]


def is_ours(name):
    return name == "locktrace" or name.startswith("locktrace.")


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
        finally:
            if self._remove is not None:
                self._remove()

    def exec_module(self, module):
        self._loader.exec_module(module)


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
