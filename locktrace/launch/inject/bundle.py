"""What is carried into the target: the agent's modules, as source and compiled, and the C core."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader

from locktrace import __version__
from locktrace.launch.inject.visitor import PARTS

PACKAGE = "locktrace"
CORE = "locktrace.agent._core"
_HOME = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_FOLDERS = ("agent", "wire")
_MARSHAL_VERSION = 2  # plain data that every CPython reads


def doorstep() -> bytes:
    """The program that the payload runs; it finds the bundle in what it shares with us."""
    return _read(os.path.join(os.path.dirname(__file__), "doorstep.py"))


def visitor() -> bytes:
    """The program that brings the agent up; a last line that does so has to come after it."""
    folder = os.path.join(os.path.dirname(__file__), "visitor")
    parts = [_read(os.path.join(folder, f"{part}.py")) for part in PARTS]
    return b"\n".join([b'__name__ = "locktrace_visit"', *parts])


def bundle(minor: tuple[int, int]) -> bytes:
    """For a CPython of that version: a marshalled dict of `version`, `id`, `visitor`, `modules`,
    `core`, `magic` and `compiled`.

    `visitor`: see there; `modules`: name -> (path, whether it is a package, source); `core`: the
    extension's bytes, or None where it was not built; `id`: of all these. `compiled`: name ->
    marshalled code, empty unless we run on that version ourselves, for an interpreter whose
    bytecode has that `magic` number: compiling is most of what an arrival costs.
    """
    modules = {name: (path, package, _read(path)) for name, path, package in _modules()}
    core = _read(os.path.join(_HOME, "agent", "_core.abi3.so"))
    content = {
        "version": __version__, "visitor": visitor(), "modules": modules, "core": core or None,
    }  # fmt: skip
    id = hashlib.sha256(marshal.dumps(content, _MARSHAL_VERSION)).hexdigest()
    compiled = _compiled(modules) if minor == sys.version_info[:2] else {}
    magic = importlib.util.MAGIC_NUMBER
    return marshal.dumps(
        {**content, "id": id, "magic": magic, "compiled": compiled}, _MARSHAL_VERSION
    )


def _compiled(modules: Mapping[str, tuple[str, bool, bytes]]) -> dict[str, bytes]:
    """As our own import system has them, most of them from its cache."""
    loaders = {name: SourceFileLoader(name, path) for name, (path, _, _) in modules.items()}
    return {name: marshal.dumps(loader.get_code(name)) for name, loader in loaders.items()}


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
