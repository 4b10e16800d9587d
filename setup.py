"""Builds the C core and the payload of `attach` where there is a compiler.

One binary for CPython 3.11 to 3.15: the limited API of 3.11, see locktrace/agent/csrc/compat.h.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

HEADERS = sorted(str(path) for path in Path("locktrace/agent/csrc").glob("*.h"))
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-fvisibility=hidden", "-fno-plt"]
WITHOUT = {
    "locktrace.agent._core": "the Python core serves",
    "locktrace.launch.inject._payload": "only programs that start under locktrace can be traced",
}


class OptionalBuild(build_ext):
    """As `build_ext`; says in a sentence what it means that an extension could not be built."""

    def run(self) -> None:
        super().run()
        for extension in self.extensions:
            built = Path(self.get_ext_fullpath(extension.name))
            if not built.exists():
                print(
                    f"locktrace: {extension.name} could not be built; {WITHOUT[extension.name]}",
                    file=sys.stderr,
                )


setup(
    ext_modules=[
        Extension(
            "locktrace.agent._core",
            sources=["locktrace/agent/csrc/module.c"],
            depends=HEADERS,
            define_macros=[("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,
        ),
        Extension(  # no module: it is loaded into other processes, and knows no Python
            "locktrace.launch.inject._payload",
            sources=["locktrace/launch/inject/csrc/payload.c"],
            extra_compile_args=FLAGS,
            py_limited_api=True,
            optional=True,
        ),
    ],
    cmdclass={"build_ext": OptionalBuild},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
