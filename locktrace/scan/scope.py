"""What an expression stands for inside one function: the lock, the object, the type."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from locktrace.scan.discover import Discovery, FunctionNode, statements
from locktrace.scan.modules import Function, Value
from locktrace.scan.project import Project
from locktrace.scan.records import LockRef
from locktrace.scan.vocabulary import PRIMITIVES, RW_VIEWS, SMELLS, Primitive

_DEEPEST = 8
_UNKNOWN_CONDITION = Primitive("Condition", reentrant=None, condition=True)


@dataclass(frozen=True, slots=True)
class Thing:
    """``key`` and ``id`` as in LockRef. ``type`` is the dotted type of the object; ``dotted`` is
    set for what is a module or a class itself."""

    key: str
    id: str
    name: str
    type: str = ""
    element: str = ""
    inner: LockRef | None = None
    inner_unknown: bool = False
    dotted: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """A lock as it is used: with the mode that the expression asks for."""

    lock: LockRef
    mode: str = "exclusive"


CHANGING = "~"
"""Begins the key of what hangs on a variable with several meanings: two uses may be two locks."""


class Scope:
    """The names of a function, its enclosing functions and its module."""

    def __init__(
        self,
        project: Project,
        discovery: Discovery,
        function: Function,
        node: FunctionNode | None,
        parent: Scope | None = None,
    ) -> None:
        self.project = project
        self.discovery = discovery
        self.function = function
        self.parent = parent
        self.hints: dict[str, str] = {}
        self._locals: dict[str, ast.expr | None] = {}
        self._things: dict[str, Thing | None] = {}
        self._globals: set[str] = set()
        if node is not None:
            self._collect(node)

    @property
    def owner(self) -> str:
        return self.function.owner

    def handle(self, node: ast.expr) -> Handle | None:
        """The lock that an expression gives, if it gives one."""
        view = self._view(node)
        if view is not None:
            return view
        if self._is_me(node):
            return None  # the class that makes the lock is no user of it
        thing = self.thing(node)
        lock = self.lock_of(thing) if thing else None
        return Handle(lock) if lock else None

    def _is_me(self, node: ast.expr) -> bool:
        function = self.function
        is_method = bool(function.owner and function.params) and not function.static
        return is_method and isinstance(node, ast.Name) and node.id == function.params[0]

    def lock_of(self, thing: Thing) -> LockRef | None:
        """The lock that a thing is: by its type, or by its name where the type is not known."""
        if thing.dotted or thing.method:
            return None
        primitive = self.project.primitive(thing.type)
        if primitive is None:
            if thing.type or not SMELLS.search(thing.name.rpartition(".")[2].split("[")[0]):
                return None
            return LockRef(thing.key, thing.id, thing.name)
        if thing.inner is not None:
            inner = thing.inner
            reentrant = inner.primitive.reentrant
            kind = Primitive(primitive.kind, primitive.family, reentrant, condition=True)
            return LockRef(inner.key, inner.id, thing.name, kind)
        if thing.inner_unknown:
            primitive = _UNKNOWN_CONDITION
        return LockRef(thing.key, thing.id, thing.name, primitive)

    def thing(self, node: ast.expr, depth: int = 0) -> Thing | None:
        """What a Name, Attribute, Subscript or constructor call stands for."""
        if isinstance(node, ast.Name):
            return self._name(node.id, depth)
        if isinstance(node, ast.Attribute) and depth <= _DEEPEST:
            base = self.thing(node.value, depth + 1)
            return self._attribute(base, node.attr) if base else None
        if isinstance(node, ast.Subscript):
            return self._subscript(node, depth)
        if isinstance(node, ast.Call):
            return self._call(node)
        inner = node.value if isinstance(node, (ast.Await, ast.NamedExpr)) else None
        return self.thing(inner, depth + 1) if inner is not None else None

    def _view(self, node: ast.expr) -> Handle | None:
        """``rw.reader``, ``rw.gen_rlock()``: one mode of a known read-write lock."""
        target = node.func if isinstance(node, ast.Call) else node
        if isinstance(node, ast.Name) and node.id in self._locals:
            made = self._locals[node.id]
            return self._view(made) if isinstance(made, ast.Call) else None
        if not isinstance(target, ast.Attribute) or target.attr not in RW_VIEWS:
            return None
        base = self.thing(target.value)
        if base is None or self.project.rw_methods(base.type) is None:
            return None
        lock = self.lock_of(base)
        return Handle(lock, RW_VIEWS[target.attr]) if lock else None

    def _collect(self, node: FunctionNode) -> None:
        assigned: dict[str, ast.expr | None] = {}
        for statement in statements(node.body):
            if isinstance(statement, ast.Global):
                self._globals.update(statement.names)
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                targets = (
                    statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                )
                for target in targets:
                    self._assign(assigned, target, statement.value)
            elif isinstance(statement, (ast.For, ast.AsyncFor)):
                self._assign(assigned, statement.target, None)
            elif isinstance(statement, (ast.With, ast.AsyncWith)):
                for item in statement.items:
                    if item.optional_vars is not None:
                        self._assign(assigned, item.optional_vars, None)
        self._locals = {
            name: value for name, value in assigned.items() if name not in self._globals
        }

    def _assign(
        self, assigned: dict[str, ast.expr | None], target: ast.expr, value: ast.expr | None
    ) -> None:
        if isinstance(target, ast.Name):
            # A name with two meanings has none that can be told.
            same_type = value is not None and self._makes_alike(assigned.get(target.id), value)
            known = target.id not in assigned or same_type
            assigned[target.id] = value if known else None
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._assign(assigned, element, None)

    def _makes_alike(self, one: ast.expr | None, other: ast.expr) -> bool:
        if not isinstance(one, ast.Call) or not isinstance(other, ast.Call):
            return False
        return self.discovery.dotted(one.func) == self.discovery.dotted(other.func)

    def _name(self, name: str, depth: int) -> Thing | None:
        if name not in self._things:
            self._things[name] = None
            self._things[name] = self._find_name(name, depth)
        return self._things[name]

    def _find_name(self, name: str, depth: int) -> Thing | None:
        function = self.function
        if name in function.params and name not in self._locals:
            return self._param(name)
        if name in self._locals:
            return self._local(name, self._locals[name], depth)
        if self.parent is not None and name not in self._globals:
            found = self.parent._name(name, depth)
            if found is not None:
                return found
        return self._global(name)

    def _param(self, name: str) -> Thing:
        function = self.function
        if function.owner and not function.static and name == function.params[0]:
            return Thing(
                name, f"{function.owner}", function.owner.rpartition(".")[2], function.owner
            )
        kind = function.annotations.get(name, "") or self.hints.get(name, "")
        if self.project.primitive(kind) is None and self.project.class_(kind) is None:
            kind = kind if "." in kind else ""
        return Thing(name, f"{function.id}.{name}", name, kind)

    def _local(self, name: str, value: ast.expr | None, depth: int) -> Thing | None:
        place = f"{self.function.id}.<locals>.{name}"
        own = Thing(f"@{place}", place, name)
        if value is None:
            return Thing(f"{CHANGING}{place}", place, name)
        if isinstance(value, (ast.Name, ast.Attribute, ast.Subscript)):
            if isinstance(value, ast.Attribute) and value.attr in ("acquire", "release"):
                base = self.thing(value.value, depth + 1)
                if base is not None:
                    return Thing(
                        base.key, base.id, base.name, base.type, inner=base.inner, method=value.attr
                    )
            return self.thing(value, depth + 1) or own
        made = self.discovery.value(value, value.lineno)
        if made is None:
            return own
        inner = self._inner_here(made) if made.inner else None
        unknown = bool(made.inner) and inner is None
        return Thing(f"@{place}", place, name, made.type, made.element, inner, unknown)

    def _inner_here(self, value: Value) -> LockRef | None:
        if not value.inner or value.inner == "?":
            return None
        if value.inner.startswith("."):
            me = self.function.params[0] if self.function.owner and self.function.params else ""
            base = self._name(me, 0) if me else None
            found = self._attribute(base, value.inner[1:]) if base else None
        else:
            found = self._name(value.inner, 0)
        return self.lock_of(found) if found else None

    def _global(self, name: str) -> Thing | None:
        index = self.discovery.index
        value = index.values.get(name)
        if value is not None:
            return self._of_value(
                f"@{index.name}.{name}", f"{index.name}.{name}", name, value, None
            )
        if name in index.classes:
            return Thing("", "", name, dotted=f"{index.name}.{name}")
        if name in index.imports:
            return self._dotted(index.imports[name])
        full = f"{index.name}.{name}"
        return Thing(f"@{full}", full, name) if SMELLS.search(name) else None

    def _dotted(self, dotted: str) -> Thing:
        found = self.project.value(dotted)
        if found is not None:
            full, value = found
            return self._of_value(f"@{full}", full, full.rpartition(".")[2], value, None)
        return Thing("", "", dotted.rpartition(".")[2], dotted=dotted)

    def _attribute(self, base: Thing, name: str) -> Thing | None:
        if base.dotted:
            return self._static_attribute(base, name)
        shown = f"{base.type.rpartition('.')[2] or base.name}.{name}"
        found = self.project.attribute(base.type, name) if base.type else None
        if found is None:
            # The class is known and its bases may not be: the name is as good as it gets.
            place = f"{base.type}.{name}" if self.project.class_(base.type) else f"?.{name}"
            return Thing(f"{base.key}.{name}", place, shown)
        owner, value = found
        shown = f"{owner.rpartition('.')[2]}.{name}"
        key = f"@{owner}.{name}" if value.shared else f"{base.key}.{name}"
        return self._of_value(key, f"{owner}.{name}", shown, value, base)

    def _static_attribute(self, base: Thing, name: str) -> Thing:
        found = self.project.attribute(base.dotted, name)
        if found is not None:
            owner, value = found
            shown = f"{owner.rpartition('.')[2]}.{name}"
            return self._of_value(f"@{owner}.{name}", f"{owner}.{name}", shown, value, None)
        full = f"{base.dotted}.{name}"
        if self.project.value(full) is None and SMELLS.search(name) and full not in PRIMITIVES:
            return Thing(f"@{full}", full, f"{base.name}.{name}")
        return self._dotted(full)

    def _of_value(
        self, key: str, place: str, shown: str, value: Value, base: Thing | None
    ) -> Thing:
        inner = None
        if value.inner.startswith(".") and base is not None:
            sibling = self._attribute(base, value.inner[1:])
            inner = self.lock_of(sibling) if sibling else None
        elif value.inner not in ("", "?") and base is None:
            sibling = self._global(value.inner)
            inner = self.lock_of(sibling) if sibling else None
        unknown = bool(value.inner) and inner is None
        return Thing(key, place, shown, value.type, value.element, inner, unknown)

    def _subscript(self, node: ast.Subscript, depth: int) -> Thing | None:
        base = self.thing(node.value, depth + 1)
        if base is None or base.dotted:
            return None
        place = ast.unparse(node.slice)
        return Thing(f"{base.key}[{place}]", f"{base.id}[]", f"{base.name}[{place}]", base.element)

    def _call(self, node: ast.Call) -> Thing | None:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and self.owner:
            return Thing(
                self.function.params[0] if self.function.params else "", self.owner, "super"
            )
        made = self.discovery.value(node, node.lineno)
        if made is not None and (
            self.project.primitive(made.type) or self.project.class_(made.type)
        ):
            return Thing(f"<new {made.type}>", made.type, made.type.rpartition(".")[2], made.type)
        return None
