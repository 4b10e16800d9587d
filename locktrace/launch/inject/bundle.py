"""What is carried into the target: the agent's modules as source, and the C core."""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Iterator

from locktrace.agent.switch import VERSION

PACKAGE = "locktrace"
CORE = "locktrace.agent._core"
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_FOLDERS = ("agent", "wire")
_MARSHAL_VERSION = 2  # plain data that every CPython reads


def script() -> bytes:
    """The program that runs in the target; it finds the bundle in what it shares with us."""
    with open(os.path.join(os.path.dirname(__file__), "bootstrap.py"), "rb") as file:
        return file.read()


def bundle() -> bytes:
    """A marshalled dict: `version`, `id` (of these very bytes), `modules`, `core`.

    `modules`: name -> (path, whether it is a package, source); `core`: the extension's bytes, or
    None where it was not built.
    """
    modules = {name: (path, package, _read(path)) for name, path, package in _modules()}
    core = _read(os.path.join(_HOME, "agent", "_core.abi3.so"))
    content = {"version": VERSION, "modules": modules, "core": core or None}
    id = hashlib.sha256(marshal.dumps(content, _MARSHAL_VERSION)).hexdigest()
    return marshal.dumps({**content, "id": id}, _MARSHAL_VERSION)


def _modules() -> Iterator[tuple[str, str, bool]]:
    """Name, path, whether it is a package: all that may be imported in the target."""
    yield PACKAGE, os.path.join(_HOME, "__init__.py"), True
    for part in _FOLDERS:
        for folder, _, files in os.walk(os.path.join(_HOME, part)):
            if "__init__.py" not in files:
                continue
            package = ".".join((PACKAGE, *os.path.relpath(folder, _HOME).split(os.sep)))
            for file in sorted(files):
                name, extension = os.path.splitext(file)
                if extension == ".py":
                    is_package = name == "__init__"
                    full = package if is_package else f"{package}.{name}"
                    yield full, os.path.join(folder, file), is_package


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
