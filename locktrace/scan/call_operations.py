"""Calls: what one call does to locks, told by what it is called on."""

from __future__ import annotations

import ast
from dataclasses import replace

from locktrace.scan.modules import Function
from locktrace.scan.records import LockRef, Operation
from locktrace.scan.scope import Handle, Scope, Thing
from locktrace.scan.vocabulary import (
    BLOCKING,
    BLOCKING_METHODS,
    CALM_CALLS,
    CALM_METHODS,
    PRIMITIVES,
    STARTERS,
    STRONG_METHODS,
    Primitive,
)

_PLAIN = {
    "acquire": "acquire",
    "acquire_lock": "acquire",
    "release": "release",
    "release_lock": "release",
    "__enter__": "acquire",
    "__exit__": "release",
}
_TALK = {
    "wait": "wait",
    "wait_for": "wait",
    "notify": "notify",
    "notify_all": "notify",
    "notifyAll": "notify",
}
_RW_UNKNOWN = Primitive("read-write lock", "rwlock", reentrant=None)


class CallReader:
    """Reads calls in one scope. ``awaited`` has the ids of the calls that stand in an `await`."""

    def __init__(self, scope: Scope, awaited: set[int]) -> None:
        self.scope = scope
        self._awaited = awaited

    def read(self, node: ast.Call, result: str, target: str) -> Operation:
        """The operation of the call itself; those of its arguments come before it."""
        found = None
        if isinstance(node.func, ast.Attribute):
            found = self._on_something(node, node.func, result)
        elif isinstance(node.func, ast.Name):
            found = self._kept_method(node, node.func, result)
        return found or self._plain_call(node, target)

    def _on_something(
        self, node: ast.Call, function: ast.Attribute, result: str
    ) -> Operation | None:
        handle = self.scope.handle(function.value)
        thing = self.scope.thing(function.value)
        found = self._on_lock(node, function, handle, thing, result) if handle else None
        if found is None and thing is not None and not thing.dotted:
            found = self._on_object(node, function, thing, result)
        return found

    def _kept_method(self, node: ast.Call, function: ast.Name, result: str) -> Operation | None:
        """``take()``, where ``take = lock.acquire``."""
        thing = self.scope.thing(function)
        if thing is None or not thing.method:
            return None
        lock = self.scope.lock_of(replace(thing, method=""))
        return self._acquire_or_release(node, thing.method, Handle(lock), result) if lock else None

    def _on_lock(
        self,
        node: ast.Call,
        function: ast.Attribute,
        handle: Handle,
        thing: Thing | None,
        result: str,
    ) -> Operation | None:
        method, lock = function.attr, handle.lock
        methods = self.scope.project.rw_methods(thing.type) if thing else None
        pair = methods.get(method) if methods else None
        if pair is None and not lock.known:
            pair = STRONG_METHODS.get(method)
        if pair is not None:
            handle = Handle(lock, pair.mode)
            return self._acquire_or_release(node, method, handle, result, pair.action)
        if lock.primitive.signal:
            return self._on_signal(node, method, lock)
        if method in _TALK and (lock.primitive.condition or not lock.known):
            return self._talk(node, method, lock, result)
        if method in _PLAIN:
            return self._acquire_or_release(node, method, handle, result)
        if method in ("locked", "_is_owned", "is_locked", "owned"):
            return Operation("look", node.lineno, lock, method=method)
        return None

    def _talk(self, node: ast.Call, method: str, lock: LockRef, result: str) -> Operation:
        if method.startswith("wait") and self._is_only_made(node, lock):
            return Operation("escape", node.lineno, lock)
        return Operation(
            _TALK[method],
            node.lineno,
            lock,
            method=method,
            timed=bool(node.args or node.keywords) and method == "wait",
            discarded=result == "discarded",
        )

    def _on_signal(self, node: ast.Call, method: str, lock: LockRef) -> Operation | None:
        if method == "wait":
            timed = bool(node.args or node.keywords)
            note = f"waits for {lock.primitive.kind} {lock.name}"
            return Operation("block", node.lineno, lock, method=method, timed=timed, note=note)
        if method in ("set", "abort"):
            return Operation("notify", node.lineno, lock, method=method)
        return None

    def _on_object(
        self, node: ast.Call, function: ast.Attribute, thing: Thing, result: str
    ) -> Operation | None:
        method = function.attr
        does = BLOCKING_METHODS.get(thing.type, {}).get(method)
        if does is not None:
            note = f"{thing.name}.{method}() {does}"
            return Operation(
                "block",
                node.lineno,
                method=method,
                timed=_gives_up(node, method),
                note=note,
                calm=False,
            )
        callee = self.scope.project.method(thing.type, method) if thing.type else None
        if callee is not None and callee.id not in STARTERS:
            return self._project_call(node, callee, thing)
        pair = STRONG_METHODS.get(method)
        if pair is not None and not thing.type:
            lock = LockRef(thing.key, thing.id, thing.name, _RW_UNKNOWN)
            return self._acquire_or_release(
                node, method, Handle(lock, pair.mode), result, pair.action
            )
        return None

    def _acquire_or_release(
        self, node: ast.Call, method: str, handle: Handle, result: str, action: str = ""
    ) -> Operation:
        action = action or _PLAIN.get(method, method)
        timed = False
        if action == "acquire" and method in ("acquire", "acquire_lock"):
            action, timed = _asks(node)
        if action != "release" and self._is_only_made(node, handle.lock):
            return Operation("escape", node.lineno, handle.lock)
        return Operation(
            action,
            node.lineno,
            handle.lock,
            handle.mode,
            method=method,
            timed=timed,
            discarded=result == "discarded",
            var=result[1:] if result.startswith("=") else ("?" if result == "used" else ""),
        )

    def _is_only_made(self, node: ast.Call, lock: LockRef) -> bool:
        """A coroutine that is not awaited here: somebody else may run it, at some time."""
        return lock.primitive.family == "asyncio" and id(node) not in self._awaited

    def _plain_call(self, node: ast.Call, target: str) -> Operation:
        dotted = self._dotted(node.func)
        if dotted in PRIMITIVES or self.scope.project.primitive(dotted) is not None:
            return self._creation(node, dotted, target)
        if dotted in BLOCKING and not (dotted == "time.sleep" and _is_zero(node.args)):
            note = f"{dotted}() {BLOCKING[dotted]}"
            timed = dotted == "select.select" and len(node.args) > 3
            timed = timed or any("WNOHANG" in ast.unparse(argument) for argument in node.args)
            return Operation(
                "block",
                node.lineno,
                method=dotted,
                timed=timed,
                note=note,
                calm=dotted == "time.sleep",
            )
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        calm = dotted in CALM_CALLS or method in CALM_METHODS
        callee = self._callee(dotted)
        if callee is not None:
            return self._project_call(node, callee, None)
        name = dotted or method or "call"
        args = tuple(ast.unparse(a) for a in node.args[:2]) if name in ("signal.signal",) else ()
        return Operation(
            "call",
            node.lineno,
            method=name,
            calm=calm,
            args=tuple((str(i), a) for i, a in enumerate(args)),
        )

    def _creation(self, node: ast.Call, dotted: str, target: str) -> Operation:
        made = self.scope.discovery.value(node, node.lineno)
        kind = self.scope.project.primitive(made.type if made else dotted)
        assert kind is not None
        short = target or "(unnamed)"
        place = f"{self.scope.function.id}.<locals>.{short}"
        return Operation(
            "create", node.lineno, LockRef(f"@{place}", place, short, kind), method=dotted
        )

    def _dotted(self, node: ast.expr) -> str:
        scope: Scope | None = self.scope
        if isinstance(node, ast.Name):
            while scope is not None:
                inner = f"{scope.function.qualname}.<locals>.{node.id}"
                if inner in scope.discovery.index.functions:
                    return f"{scope.discovery.index.name}.{inner}"
                scope = scope.parent
        return self.scope.discovery.dotted(node)

    def _callee(self, dotted: str) -> Function | None:
        if not dotted:
            return None
        project = self.scope.project
        return project.function(dotted) or project.method(dotted, "__init__")

    def _project_call(self, node: ast.Call, callee: Function, receiver: Thing | None) -> Operation:
        if callee.is_async and id(node) not in self._awaited:
            return Operation(
                "call", node.lineno, method=callee.qualname
            )  # runs when somebody awaits it
        params = list(callee.params)
        args: list[tuple[str, str]] = []
        if callee.owner and not callee.static and params:
            me = params.pop(0)
            if receiver is not None:
                args.append((me, receiver.key))
        for param, value in zip(params, node.args, strict=False):
            self._bind(args, param, value)
        for keyword in node.keywords:
            if keyword.arg:
                self._bind(args, keyword.arg, keyword.value)
        return Operation(
            "call",
            node.lineno,
            method=callee.qualname,
            callee=callee.id,
            args=tuple(args),
            calm=False,
        )

    def _bind(self, args: list[tuple[str, str]], param: str, value: ast.expr) -> None:
        if isinstance(value, (ast.Name, ast.Attribute)):
            thing = self.scope.thing(value)
            if thing is not None and thing.key:
                args.append((param, thing.key))


def _asks(node: ast.Call) -> tuple[str, bool]:
    """Whether this acquire may come back without the lock, and whether it gives up by itself."""
    blocking: ast.expr | None = node.args[0] if node.args else None
    timeout: ast.expr | None = node.args[1] if len(node.args) > 1 else None
    for keyword in node.keywords:
        if keyword.arg in ("blocking", "block", "waitflag"):
            blocking = keyword.value
        elif keyword.arg == "timeout":
            timeout = keyword.value
    surely = blocking is None or (isinstance(blocking, ast.Constant) and bool(blocking.value))
    waits = timeout is None or (isinstance(timeout, ast.Constant) and timeout.value in (None, -1))
    if isinstance(timeout, ast.UnaryOp):
        waits = True
    return ("acquire" if surely and waits else "try"), not (surely and waits)


def _is_zero(args: list[ast.expr]) -> bool:
    return bool(args) and isinstance(args[0], ast.Constant) and args[0].value == 0


def _gives_up(node: ast.Call, method: str) -> bool:
    """A time-out, ``block=False`` or a non-blocking form."""
    if method in ("join", "wait", "communicate") and (node.args or node.keywords):
        return True
    named = {keyword.arg for keyword in node.keywords}
    positional = 2 if method == "put" else 1
    return bool(named & {"timeout", "block", "wait"}) or (
        method in ("get", "put") and len(node.args) >= positional
    )
