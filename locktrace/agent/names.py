"""Names for locks, as people know them: what the constructor's result is stored in.

Read from the bytecode behind the call, so it needs no source, no instance and no naming by
hand: `self.ip_table = RWMutex()` in `V2Filter.__init__` is `V2Filter.ip_table`. Constructors
of the standard library are passed through: `self.jobs = Queue()` gives `Server.jobs.mutex`.
"""

from __future__ import annotations

import dis
import functools
import os
from itertools import takewhile
from types import CodeType

from locktrace.agent.assignments import assigned
from locktrace.agent.ledger import Stack

STDLIB = os.path.dirname(os.__file__) + os.sep
SITE_PACKAGES = os.path.join(STDLIB, "site-packages") + os.sep
CACHED = 4096  # of what a place or a stack says: locks are made at few of them, many at each
_LOADS = frozenset(
    {"CACHE", "COPY", "EXTENDED_ARG", "LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_BORROW", "LOAD_GLOBAL",
     "LOAD_NAME", "NOP", "SWAP"}
)  # fmt: skip
_LOOP_ENDS = frozenset({"END_FOR", "JUMP_BACKWARD", "POP_ITER", "POP_TOP"})
_FUSED = frozenset({"STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"})
_VARIABLES = _FUSED | {"STORE_DEREF", "STORE_FAST", "STORE_GLOBAL", "STORE_NAME"}
_STORES = {"STORE_ATTR": "attribute", **dict.fromkeys(_VARIABLES, "variable")}
_COMPREHENSIONS = frozenset({"<dictcomp>", "<genexpr>", "<listcomp>", "<setcomp>"})
_LOOP_FILE = os.path.join("asyncio", "events.py")
_MULTIPROCESSING = os.sep + "multiprocessing" + os.sep
_PARTS = {
    ("SemLock.__init__", "sl"): "",
    ("Condition.__init__", "_wait_semaphore"): "multiprocessing.Condition",
    ("Event.__init__", "_cond"): "multiprocessing.Event",
    ("Queue.__init__", "_rlock"): "multiprocessing.Queue",
    ("SimpleQueue.__init__", "_rlock"): "multiprocessing.Queue",
}
"""The attribute by which a class of `multiprocessing` waits, and the kind that it makes of it."""
_KINDS = {
    ("Queue.__init__", "_sem"): "multiprocessing.Queue",
    ("BoundedSemaphore.__init__", ""): "multiprocessing.BoundedSemaphore",
    ("Semaphore.__init__", ""): "multiprocessing.Semaphore",
}
"""Constructors, with the attribute that they give it, that tell the kind of what they make."""
_USED = {
    ("multiprocessing.Semaphore", "._cond._wait_semaphore"): "multiprocessing.Event",
    ("multiprocessing.Semaphore", "._wait_semaphore"): "multiprocessing.Condition",
    ("multiprocessing.Lock", "._rlock"): "multiprocessing.Queue",
}
"""Of semaphores whose making was not seen: how the name ends by which the library gets at them."""
_COLLECTS = ("BUILD_", "LIST_APPEND", "MAP_ADD", "SET_ADD")

Target = tuple[str, str]
"""How the result of a call is kept, and under which name.

`attribute` or `variable`: stored; `passed`: returned to the caller, or the call was a
constructor's to the one it extends; `collected`: put into a collection that is built.
"""


@functools.lru_cache(maxsize=CACHED)
def target(code: CodeType, offset: int) -> Target | None:
    """Where the result of the call at `offset` goes, None when it is not kept at once."""
    instructions = list(dis.get_instructions(code))
    # The offset of a running call may lie within the inline caches behind the instruction.
    at = max(i for i, instruction in enumerate(instructions) if instruction.offset <= offset)
    if instructions[at].opname == "PRECALL":  # 3.11 calls in two instructions
        at += 1
    following = instructions[at + 1 :]
    if following and following[0].opname == "POP_TOP":
        return ("passed", "") if code.co_name == "__init__" else None
    stored = assigned(following)
    return stored or _stored(following, inlined=code.co_name not in _COMPREHENSIONS)


def _stored(instructions: list[dis.Instruction], inlined: bool) -> Target | None:
    suffix = previous = ""
    resume_at = 0
    for instruction in instructions:
        name = instruction.opname
        if instruction.offset < resume_at:
            continue
        if name == "JUMP_FORWARD":  # the end of one arm of a conditional expression
            resume_at = int(instruction.argval)
            continue
        if name.startswith("STORE_") and not (suffix and previous == "SWAP"):
            # A store fused with its neighbour has two arguments, ours first.
            stored = instruction.argval[0] if name in _FUSED else instruction.argval
            how = _STORES.get(name)
            return (how, f"{stored}{suffix}") if how is not None else None
        if name in {"RETURN_VALUE", "YIELD_VALUE"}:
            return ("passed", "")
        if name.startswith(_COLLECTS):
            if not inlined:
                return ("collected", "")
            suffix = "[]"
        elif not (name in _LOADS or (suffix and name in (_LOOP_ENDS | _VARIABLES))):
            return None
        previous = name
    return None


def is_received(stack: Stack) -> bool:
    """Whether the lock was made elsewhere: it has come from another process, pickled."""
    return any(
        code.co_qualname == "SemLock.__setstate__" and _MULTIPROCESSING in code.co_filename
        for code, _ in stack.frames
    )


@functools.lru_cache(maxsize=CACHED)
def lock_kind(kind: str, stack: Stack | None) -> str:
    """`kind`, or that of the compound of `multiprocessing` which waits by this semaphore."""
    if stack is None or not kind.startswith("multiprocessing."):
        return kind
    for code, offset in stack.frames:
        where = target(code, offset)
        if _MULTIPROCESSING in code.co_filename and where is not None:
            kind = _KINDS.get((code.co_qualname, where[1]), kind)
        if where is not None and where[0] == "passed":
            continue
        part = _part(code, where[1]) if where is not None else None
        if part is None:
            break
        kind = part or kind
    return kind


def whole_used(kind: str, name: str) -> tuple[str, str]:
    """Kind and name of the compound of `multiprocessing` that waits by a semaphore of before."""
    for (part, ending), whole in _USED.items():
        if kind == part and name.endswith(ending):
            return whole, name.removesuffix(ending)
    return kind, name


def _part(code: CodeType, attribute: str) -> str | None:
    part = _PARTS.get((code.co_qualname, attribute))
    return part if part is not None and _MULTIPROCESSING in code.co_filename else None


@functools.lru_cache(maxsize=CACHED)
def lock_name(kind: str, stack: Stack | None, parent: str) -> str:
    """The name of a lock that `stack` made; falls back to its kind and the line.

    `parent` is the name of the compound primitive whose inner lock it is, or empty.
    """
    if stack is not None and is_received(stack):
        return f"{kind} from another process"
    inner, suffix = "", ""
    for code, offset in stack.frames if stack is not None else ():
        where = target(code, offset)
        if where is None:
            break
        how, name = where
        if how == "collected":
            suffix = "[]"
        elif how != "passed" and _part(code, name) is None:
            inner = f".{name}{suffix}{inner}"
            suffix = ""
            if parent:
                break
            if not is_passed_through(code) or code.co_name != "__init__":
                return f"{_scope(code, how)}{inner}".lstrip(".")
            if code.co_name != "__init__":
                break
    return _unnamed(kind, stack, parent, inner)


def _unnamed(kind: str, stack: Stack | None, parent: str, inner: str) -> str:
    if parent:
        return f"{parent}{inner}" if inner else f"{parent}'s {kind}"
    place = site_of(stack) if stack is not None else None
    if place is None:
        return f"{kind} made before tracing"
    return f"{kind} made at {os.path.basename(place[0])}:{place[1]}"


def _scope(code: CodeType, how: str) -> str:
    """What a name in `code` belongs to: the class, the function, or the module."""
    if code.co_name == "<module>":
        if code.co_filename.startswith("<"):
            return ""
        folder, file = os.path.split(code.co_filename)
        stem = os.path.splitext(file)[0]
        return os.path.basename(folder) if stem == "__init__" else stem
    path = code.co_qualname.replace("<locals>.", "").split(".")
    if how == "attribute" and len(path) > 1:
        path.pop()  # the method: what is stored on self is the class's
    return ".".join(path[-2:])


def is_passed_through(code: CodeType) -> bool:
    """Code that nobody names locks after: the standard library, and what dataclasses generate."""
    return code.co_qualname.startswith("__create_fn__") or _is_stdlib(code.co_filename)


def _is_stdlib(file: str) -> bool:
    if file.startswith("<frozen "):
        return True
    return file.startswith(STDLIB) and not file.startswith(SITE_PACKAGES)


def line_of(code: CodeType, offset: int) -> int:
    """The source line of the instruction at byte `offset`."""
    line = code.co_firstlineno
    for start, end, number in code.co_lines():
        if start <= offset < end and number is not None:
            line = number
    return line


def sites(stack: Stack) -> list[list[str | int]]:
    """A stack as [file, line, function], innermost first, without the event loop behind it."""
    return [
        [code.co_filename, line_of(code, offset), code.co_qualname]
        for code, offset in takewhile(_before_loop, stack.frames)
    ]


def _before_loop(frame: tuple[CodeType, int]) -> bool:
    code = frame[0]
    return code.co_qualname != "Handle._run" or not code.co_filename.endswith(_LOOP_FILE)


@functools.lru_cache(maxsize=CACHED)
def site_of(stack: Stack) -> tuple[str, int, str] | None:
    """Where a lock was made, if here: the innermost frame outside the standard library."""
    if is_received(stack):
        return None
    for code, offset in stack.frames:
        if not _is_stdlib(code.co_filename):
            return code.co_filename, line_of(code, offset), code.co_qualname
    if not stack.frames:
        return None
    code, offset = stack.frames[0]
    return code.co_filename, line_of(code, offset), code.co_qualname
