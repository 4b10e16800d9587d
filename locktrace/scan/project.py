"""All modules of a scan together: classes with their bases, functions, types by dotted name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from locktrace.scan.modules import Class, Function, ModuleIndex, Value
from locktrace.scan.vocabulary import KNOWN_RWLOCKS, PRIMITIVES, Pair, Primitive

_DEEPEST = 12


@dataclass(slots=True)
class Project:
    """Looks things up by dotted name, through re-exports. Names that are not there give None."""

    modules: dict[str, ModuleIndex] = field(default_factory=dict)
    rwlocks: dict[str, dict[str, Pair]] = field(default_factory=lambda: dict(KNOWN_RWLOCKS))
    _homes: dict[str, tuple[ModuleIndex, str] | None] = field(default_factory=dict)
    _primitives: dict[str, Primitive | None] = field(default_factory=dict)

    @classmethod
    def of(cls, indexes: Iterable[ModuleIndex]) -> Project:
        project = cls()
        for index in indexes:
            project.modules.setdefault(index.name, index)
            project.rwlocks.update(index.rwlocks)
        return project

    def function(self, name: str) -> Function | None:
        home = self._home(name)
        return home[0].functions.get(home[1]) if home else None

    def class_(self, name: str) -> Class | None:
        home = self._home(name)
        return home[0].classes.get(home[1]) if home else None

    def value(self, name: str) -> tuple[str, Value] | None:
        """The global of that name and its full name in the module that defines it."""
        home = self._home(name)
        value = home[0].values.get(home[1]) if home else None
        return (f"{home[0].name}.{home[1]}", value) if home and value else None

    def attribute(self, owner: str, name: str) -> tuple[str, Value] | None:
        """The attribute in the class or the nearest base that has it, and that class."""
        for base, found in self._lineage(owner):
            value = found.attributes.get(name)
            if value is not None:
                return base, value
        return None

    def method(self, owner: str, name: str) -> Function | None:
        for base, found in self._lineage(owner):
            if name in found.methods:
                return self.function(f"{base}.{name}")
        return None

    def primitive(self, type_name: str) -> Primitive | None:
        """The kind of lock that an instance of this type is."""
        if type_name not in self._primitives:
            self._primitives[type_name] = self._find_primitive(type_name)
        return self._primitives[type_name]

    def rw_methods(self, type_name: str) -> dict[str, Pair] | None:
        home = self._home(type_name)
        full = f"{home[0].name}.{home[1]}" if home else type_name
        return self.rwlocks.get(full, self.rwlocks.get(type_name))

    def _find_primitive(self, type_name: str) -> Primitive | None:
        if not type_name:
            return None
        found = PRIMITIVES.get(type_name)
        if found is not None:
            return found
        if self.rw_methods(type_name) is not None:
            return Primitive(type_name.rpartition(".")[2], "rwlock", reentrant=False)
        for _, owner in self._lineage(type_name):
            for base in owner.bases:
                if base in PRIMITIVES:
                    return PRIMITIVES[base]
                if self.rw_methods(base) is not None:
                    return Primitive(base.rpartition(".")[2], "rwlock", reentrant=False)
        return None

    def _lineage(self, owner: str, depth: int = 0) -> Iterable[tuple[str, Class]]:
        """The class and its bases, depth first: near enough to the method resolution order."""
        home = self._home(owner)
        found = home[0].classes.get(home[1]) if home else None
        if home is None or found is None or depth > _DEEPEST:
            return
        yield f"{home[0].name}.{home[1]}", found
        for base in found.bases:
            yield from self._lineage(base, depth + 1)

    def _home(self, name: str, depth: int = 0) -> tuple[ModuleIndex, str] | None:
        """The module that defines a dotted name, and the name in it."""
        if name not in self._homes and depth < _DEEPEST:
            self._homes[name] = None  # ends a circle of re-exports
            self._homes[name] = self._find_home(name, depth)
        return self._homes.get(name)

    def _find_home(self, name: str, depth: int) -> tuple[ModuleIndex, str] | None:
        head, _, tail = name.rpartition(".")
        while head:
            module = self.modules.get(head)
            if module is not None:
                first, _, rest = tail.partition(".")
                imported = module.imports.get(first)
                owned = (
                    first in module.classes or first in module.functions or first in module.values
                )
                if imported is not None and not owned:
                    return self._home(f"{imported}.{rest}" if rest else imported, depth + 1)
                return module, tail
            head, _, last = head.rpartition(".")
            tail = f"{last}.{tail}"
        return None
