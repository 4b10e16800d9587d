"""Which names are locks: imports and aliases, globals, attributes, dataclass fields,
annotations.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Iterator

from locktrace.scan.modules import Class, Function, ModuleIndex, Value
from locktrace.scan.source import Source
from locktrace.scan.vocabulary import PRIMITIVE_NAMES, PRIMITIVES, rw_methods, rw_methods_of

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_SETTERS = frozenset(
    {"__init__", "__post_init__", "__new__", "setUp", "setUpClass", "__setstate__"}
)
_CONTEXTS = ("ctx", "context", "mp", "manager", "multiprocessing")
_MANAGERS = frozenset(
    {
        "contextlib.contextmanager",
        "contextlib.asynccontextmanager",
        "contextmanager",
        "asynccontextmanager",
    }
)


def assignments(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Target and value of each assignment that a statement makes; tuples are taken apart."""
    if node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        value = node.value
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from zip(target.elts, value.elts, strict=False)
        else:
            yield target, value


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements of a body, nested blocks included, nested functions and classes not
    entered.
    """
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, field, []))
        for handler in getattr(statement, "handlers", ()) or getattr(statement, "cases", ()):
            yield from statements(handler.body)


class Discovery:
    """Reads one source into an index, and keeps the nodes of its functions for the rounds to
    come.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.index = ModuleIndex(source.module, source.path)
        self.nodes: dict[str, FunctionNode] = {}
        self.mentioning: list[str] = []
        self.class_bodies: list[tuple[str, ast.ClassDef]] = []
        is_package = source.path.endswith("__init__.py")
        self._package = source.module if is_package else source.module.rpartition(".")[0]
        self._block(source.tree.body, "", "")
        self._name_locks()

    def mentions(self, first: int, last: int) -> bool:
        """Whether a line from `first` to `last` mentions a lock."""
        return _any_within(self.source.mentions, first, last)

    def uses(self, function: Function) -> bool:
        """Whether it has a line that does more with a lock than to name it, or is a finalizer."""
        is_finalizer = function.qualname.endswith(".__del__")
        return is_finalizer or _any_within(self.source.uses, function.line, function.end)

    def dotted(self, node: ast.expr) -> str:
        """The full name that a Name or Attribute chain stands for; empty if it is neither."""
        if isinstance(node, ast.Name):
            known = self.index.imports.get(node.id)
            if known is not None:
                return known
            is_own = node.id in self.index.classes or node.id in self.index.functions
            return f"{self.index.name}.{node.id}" if is_own else node.id
        if isinstance(node, ast.Attribute):
            base = self.dotted(node.value)
            return f"{base}.{node.attr}" if base else ""
        return ""

    def value(self, node: ast.expr, line: int) -> Value | None:
        """What an assigned expression makes, where it calls a type."""
        if isinstance(node, ast.Call):
            return self._made(node, line)
        if isinstance(node, (ast.BoolOp, ast.IfExp)):
            options = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
            made = [self.value(option, line) for option in options]
            return next((value for value in made if value), None)
        if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
            first = self.value(node.elts[0], line)
            return Value("list", line, element=first.type) if first else None
        if isinstance(node, (ast.ListComp, ast.DictComp)):
            made_of = self.value(node.elt if isinstance(node, ast.ListComp) else node.value, line)
            return Value("list", line, element=made_of.type) if made_of else None
        return None

    def _made(self, node: ast.Call, line: int) -> Value | None:
        name = self.dotted(node.func)
        last = name.rpartition(".")[2]
        if last == "field" or name in ("dataclasses.field", "attr.ib", "attrs.field"):
            for keyword in node.keywords:
                if keyword.arg in ("default_factory", "factory"):
                    return Value(self.dotted(keyword.value), line)
            return None
        if last == "defaultdict" and node.args:
            return Value(name, line, element=self.dotted(node.args[0]))
        if last in PRIMITIVE_NAMES and name not in PRIMITIVES:
            owner = name.rpartition(".")[0].rpartition(".")[2].lower().lstrip("_")
            if owner.startswith(_CONTEXTS):
                name = f"multiprocessing.{last}"
        if last == "Condition" and node.args:
            return Value(name, line, inner=_inner(node.args[0]))
        return Value(name, line) if name else None

    def _block(self, body: list[ast.stmt], prefix: str, owner: str) -> None:
        for statement in statements(body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                self._import(statement)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._function(statement, prefix, owner)
            elif isinstance(statement, ast.ClassDef):
                self._class(statement, prefix)
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and not prefix:
                self._global(statement)
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                self._registration(statement.value)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        imports = self.index.imports
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                imports[alias.asname or top] = alias.name if alias.asname else top
            return
        module = node.module or ""
        if node.level:
            base = self._package.split(".")
            base = base[: len(base) - node.level + 1]
            module = ".".join([*base, module] if module else base)
        for alias in node.names:
            imports[alias.asname or alias.name] = f"{module}.{alias.name}"

    def _global(self, node: ast.Assign | ast.AnnAssign) -> None:
        for target, made in assignments(node):
            if not isinstance(target, ast.Name):
                continue
            value = self.value(made, node.lineno)
            alias = "" if value else self.dotted(made)
            if value:
                self.index.values.setdefault(target.id, value)
            elif alias in PRIMITIVES and f"{self.index.name}.{target.id}" not in PRIMITIVES:
                self.index.imports[target.id] = alias

    def _function(self, node: FunctionNode, prefix: str, owner: str) -> None:
        qualname = prefix + node.name
        decorators = {self.dotted(decorator) for decorator in node.decorator_list}
        arguments = node.args
        params = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        self.index.functions[qualname] = Function(
            f"{self.index.name}.{qualname}",
            qualname,
            node.lineno,
            node.end_lineno or node.lineno,
            tuple(param.arg for param in params),
            owner,
            "staticmethod" in decorators,
            {p.arg: self._annotation(p.annotation) for p in params if p.annotation},
            isinstance(node, ast.AsyncFunctionDef),
            bool(decorators & _MANAGERS),
        )
        self.nodes[qualname] = node
        speaks = (
            self.mentions(node.lineno, node.end_lineno or node.lineno) or node.name == "__del__"
        )
        if speaks:
            self.mentioning.append(qualname)
        if owner and (speaks or node.name in _SETTERS):
            self._attributes(node, owner)
        if speaks:
            self._block(node.body, f"{qualname}.<locals>.", "")

    def _annotation(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return ""
        if isinstance(node, ast.BinOp):
            node = node.left
        if isinstance(node, ast.Subscript) and self.dotted(node.value).endswith("Optional"):
            node = node.slice
        return self.dotted(node)

    def _class(self, node: ast.ClassDef, prefix: str) -> None:
        qualname = prefix + node.name
        bases = tuple(filter(None, map(self.dotted, node.bases)))
        found = Class(qualname, bases, node.lineno)
        self.index.classes[qualname] = found
        decorators = {
            self.dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list
        }
        per_instance = any(
            name.rpartition(".")[2] in ("dataclass", "define", "s") for name in decorators
        )
        if self.mentions(node.lineno, node.end_lineno or node.lineno):
            self.class_bodies.append((qualname, node))
        for statement in node.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found.methods.add(statement.name)
                self._function(statement, f"{qualname}.", f"{self.index.name}.{qualname}")
            elif isinstance(statement, ast.ClassDef):
                self._class(statement, f"{qualname}.")
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
                self._class_attribute(found, statement, per_instance)
        pairs = rw_methods_of(frozenset(found.methods))
        if pairs:
            self.index.rwlocks[f"{self.index.name}.{qualname}"] = pairs

    def _class_attribute(
        self, owner: Class, node: ast.Assign | ast.AnnAssign, per_instance: bool
    ) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = self.value(node.value, node.lineno) if node.value is not None else None
        if value is None and isinstance(node, ast.AnnAssign):
            value, per_instance = Value(self._annotation(node.annotation), node.lineno), True
        if value is None or not value.type:
            return
        if not per_instance:
            value = Value(value.type, value.line, value.element, value.inner, shared=True)
        for target in targets:
            if isinstance(target, ast.Name):
                owner.attributes[target.id] = value

    def _attributes(self, node: FunctionNode, owner: str) -> None:
        found = self.index.classes[owner[len(self.index.name) + 1 :]]
        me = node.args.args[0].arg if node.args.args else ""
        annotated = {a.arg: a.annotation for a in node.args.args if a.annotation}
        for statement in statements(node.body):
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
                continue
            for target, made in assignments(statement):
                if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
                    continue
                value = self.value(made, statement.lineno)
                if value is None and isinstance(made, ast.Name) and made.id in annotated:
                    value = Value(self._annotation(annotated[made.id]), statement.lineno)
                if value is not None and value.type and target.value.id == me:
                    self._attribute(found, target.attr, value)

    def _attribute(self, owner: Class, name: str, value: Value) -> None:
        known = owner.attributes.get(name)
        if (
            known is None
            or known.shared
            or (known.type not in PRIMITIVES and value.type in PRIMITIVES)
        ):
            owner.attributes[name] = value

    def _registration(self, call: ast.Call) -> None:
        if self.dotted(call.func).rpartition(".")[2] != "register_rwlock" or not call.args:
            return
        given = {}
        try:
            for keyword in call.keywords:
                given[keyword.arg or ""] = ast.literal_eval(keyword.value)
            self.index.rwlocks[self.dotted(call.args[0])] = rw_methods(**given)
        except (TypeError, ValueError, IndexError):
            return  # no call of ours

    def _name_locks(self) -> None:
        """Names of locks that do not sound like it make more functions worth a look."""
        values = dict(self.index.values)
        for found in self.index.classes.values():
            values.update(found.attributes)
        self.index.lock_names = {
            name
            for name, value in values.items()
            if value.type in PRIMITIVES or value.element in PRIMITIVES
        }


def _any_within(lines: list[int], first: int, last: int) -> bool:
    at = bisect_left(lines, first)
    return at < len(lines) and lines[at] <= last


def _inner(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f".{node.attr}"
    return "?"
