"""The corpus: small programs with a lock bug each, their fixed twins, and innocents.

A program stands in the folder of its kind, its twin beside it as `NAME_fixed.py`; those that
never had a bug are in `innocent/`. Comments below the docstring say what is to be found::

    # family: threading.Lock
    # unlucky: deadlock of Account.lock
    # lucky: lock-order-inversion of Account.lock
    # options: --threshold long-hold-after=0.5
    # missed: unlucky: what keeps it from being found today
    # project: the folder beside it that has its modules, and the pyproject.toml of the run

The program is run with `unlucky` (it hangs, or what is wrong with it is happening) or `lucky` (it
ends well, and the coming trouble shows) as its argument. A kind may have alternatives
(`held-at-exit or stall`), the best first. Where the finding must point to is marked in the source
by a trailing `# here: holder`, or `# here: unlucky waiter, lucky holder` where the modes differ.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from locktrace.diagnose import KINDS
from tests.support import TARGETS, environment

CORPUS = TARGETS / "corpus"
MODES = ("unlucky", "lucky")
FIXED = "_fixed"
END = "done"
"""What a program prints last if it ends well."""

STALL_AFTER_S = 1.0
PATIENCE_S = 90.0  # a busy machine's upper bound; only a hang that was not found lasts this long
WAITERS = frozenset({"waiter", "reader", "writer"})
"""The roles of those who want a lock; a mark calls them all `waiter`."""


FAMILIES = {
    "aiorwlock": "rwlock_libraries",
    "asyncio": "asyncio_locks",
    "concurrent.futures": "futures",
    "fasteners": "rwlock_libraries",
    "import locks": "import_lock",
    "queue": "queues",
    "readerwriterlock": "rwlock_libraries",
    "threading.Barrier": "barrier",
    "threading.Thread.join": "thread",
}
"""The module of the agent that traces a family, where one beyond the first families does."""

_EXPECTATION = re.compile(r"(?P<kinds>[\w-]+(?: or [\w-]+)*)(?: of (?P<locks>.+))?")
_FIELD = re.compile(r"# (\w+): (.+)")
_MARK = re.compile(r"# here: (.+)$")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a run has to show: one of `kinds`, naming all of `locks`, with `marks` as sites."""

    kinds: tuple[str, ...]
    locks: tuple[str, ...]
    marks: frozenset[tuple[int, str]]
    """Lines with the role that the finding gives them."""


@dataclass(frozen=True)
class Program:
    """One program of the corpus; `name` is its path below the corpus, without the suffix."""

    path: Path

    @cached_property
    def name(self) -> str:
        return str(self.path.relative_to(CORPUS).with_suffix(""))

    @property
    def kind(self) -> str:
        return self.path.parent.name

    @property
    def is_bug(self) -> bool:
        return bool(self.modes)

    @property
    def twin(self) -> Program:
        """The fixed program of a bug."""
        return Program(self.path.with_stem(f"{self.path.stem}{FIXED}"))

    @cached_property
    def source(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def fields(self) -> dict[str, str]:
        """The header: the comments before the first import."""
        head = "\n".join(self.source).partition("\nimport ")[0]
        return dict(match.groups() for match in map(_FIELD.fullmatch, head.splitlines()) if match)

    @cached_property
    def modes(self) -> dict[str, Expectation]:
        """The expectation of each mode that the program has; none for twins and innocents."""
        return {mode: self._expectation(mode) for mode in MODES if mode in self.fields}

    @property
    def bug(self) -> Program:
        """The bug that it is, or the twin of."""
        return Program(self.path.with_stem(self.path.stem.removesuffix(FIXED)))

    @property
    def options(self) -> list[str]:
        return self.bug.fields.get("options", "").split()

    @property
    def project(self) -> Path | None:
        """The folder that the command is started from, if it matters."""
        folder = self.bug.fields.get("project")
        return self.path.parent / folder if folder is not None else None

    @property
    def untraced(self) -> str:
        """Why it cannot be seen into yet; empty if it can."""
        families = self.bug.fields.get("family", "")
        for family, module in FAMILIES.items():
            known = importlib.util.find_spec(f"locktrace.agent.primitives.{module}") is not None
            if family in families and not known:
                return f"{family} is not traced yet"
        return ""

    @property
    def cores(self) -> list[str]:
        """The C core, and the Python core where the two go different ways."""
        return self.fields.get("cores", "c").split()

    def missed(self, mode: str) -> str:
        """Why a run in `mode` is known to fall short; empty if it is not."""
        which, _, why = self.fields.get("missed", "").partition(": ")
        return why if which == mode else ""

    def missing(self) -> str:
        """The library that it needs and that is not installed; empty if it can run."""
        names = self.bug.fields.get("needs", "").split()
        return ", ".join(name for name in names if importlib.util.find_spec(name) is None)

    def _expectation(self, mode: str) -> Expectation:
        match = _EXPECTATION.fullmatch(self.fields[mode])
        if match is None:
            raise ValueError(f"{self.path}: {mode}: {self.fields[mode]} is no expectation")
        locks = match["locks"].split(" and ") if match["locks"] else []
        kinds = match["kinds"].split(" or ")
        return Expectation(tuple(kinds), tuple(locks), frozenset(self._marks(mode)))

    def _marks(self, mode: str) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self.source, start=1):
            found = _MARK.search(line)
            for mark in found[1].split(", ") if found else ():
                *only, role = mark.split()
                if only in ([], [mode]):
                    yield number, role


def bugs() -> list[Program]:
    """The programs that have something to be found."""
    return [program for program in _programs() if program.is_bug]


def innocents() -> list[Program]:
    """Twins and negatives: nothing is to be found in them."""
    return [program for program in _programs() if not program.is_bug]


def _programs() -> list[Program]:
    return [Program(path) for path in sorted(CORPUS.glob("*/*.py"))]


def pending(program: Program, mode: str) -> str:
    """Why what is expected cannot be found yet; empty if it can.

    Either no detector of its first kind has landed, or its family of primitives is not traced.
    """
    kind = program.modes[mode].kinds[0]
    return program.untraced if kind in KINDS else f"there is no detector of {kind} yet"


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run. `ended_well`: the program came to its end by itself;
    `timed_out`: it hung, and nobody ended it."""

    document: Document
    errors: str
    ended_well: bool
    timed_out: bool

    @property
    def findings(self) -> list[Document]:
        """Of the program, of the processes that it brought about, and of all of them together."""
        family = self.document.get("family")
        documents = [
            self.document,
            *self.document.get("children", ()),
            *([family] if family else []),
        ]
        return [finding for one in documents for finding in one.get("findings", ())]

    def blamed(self) -> list[str]:
        """The sentences of all findings that are more than information."""
        return [f["message"] for f in self.findings if f["severity"] != "info"]


def run(program: Program, mode: str, folder: Path, core: str = "c") -> Run:
    """One run of `program` under `locktrace run`, its report written into `folder`."""
    report = folder / "report.json"
    options = ["--report", str(report), *program.options]
    if mode == "unlucky":
        options += ["--on-stall", "exit", "--stall-after", str(STALL_AFTER_S)]
    command = [sys.executable, "-m", "locktrace", "run", *options, str(program.path), mode]
    output, errors = folder / "output.txt", folder / "errors.txt"
    with (
        output.open("w") as out,
        errors.open("w") as err,
        tempfile.TemporaryDirectory(prefix="corpus-") as place,  # a socket's path must be short
    ):
        timed_out = _execute(command, out, err, program.project, LOCKTRACE_CORE=core, TMPDIR=place)
    written = report.read_text() if report.exists() else ""
    document = json.loads(written or "{}")
    return Run(document, errors.read_text(), output.read_text().endswith(f"{END}\n"), timed_out)


def _execute(
    command: list[str], output: TextIO, errors: TextIO, folder: Path | None, **environ: str
) -> bool:
    """Whether it had to be ended; what it started and left behind is ended with it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(trace=False, **environ),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.terminate()  # is handed on to the program, and the report still written
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2 * STALL_AFTER_S)
        return True
    else:
        return False
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def found(expectation: Expectation, run: Run) -> list[Document]:
    """The findings of `run` that are of the kind and name the locks that were expected."""
    return [
        finding
        for finding in run.findings
        if finding["kind"] in expectation.kinds
        and all(_names(finding, lock) for lock in expectation.locks)
    ]


def unlocated(program: Program, expectation: Expectation, run: Run) -> list[str]:
    """The marked lines that the findings do not point to, or in another role."""
    roles: dict[int, set[str]] = {}
    for finding in found(expectation, run):
        for site in finding["sites"]:
            if Path(site["file"]) == program.path:
                role = "waiter" if site["role"] in WAITERS else site["role"]
                roles.setdefault(site["line"], set()).add(role)
    return [
        f"{program.path.name}:{line} as {role}, but it is told as {sorted(said) or 'nothing'}"
        for line, role in sorted(expectation.marks)
        if not (said := roles.get(line, set()) - ({"creator"} - {role}))
        or (said <= {"holder", "waiter"} and role not in said)
    ]


def _names(finding: Document, wanted: str) -> bool:
    """Whether it names the lock `wanted` or an inner one (`wanted.lock`), whatever its number."""
    names = [lock["name"].partition(" #")[0] for lock in finding["locks"]]
    return any(name == wanted or name.startswith(f"{wanted}.") for name in names)


def complaints(program: Program, mode: str, run: Run) -> list[str]:
    """All that is not as expected in a run of a bug."""
    expectation = program.modes[mode]
    wanted = f"{' or '.join(expectation.kinds)} of {', '.join(expectation.locks) or 'any lock'}"
    made = [f"{f['kind']}: {f['message']}" for f in run.findings]
    wrong = []
    if run.timed_out:
        wrong.append("it was not ended by --on-stall exit")
    if mode == "lucky" and not run.ended_well:
        wrong.append("the lucky run did not end well")
    if not found(expectation, run):
        wrong.append(f"no {wanted}; found: {made or 'nothing'}")
    else:
        wrong += [f"not located: {text}" for text in unlocated(program, expectation, run)]
    return wrong
