"""What a rule is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from locktrace.model import Severity
from locktrace.scan.facts import Draft
from locktrace.scan.records import Finding, Step

if TYPE_CHECKING:
    from locktrace.scan.calls import CallGraph
    from locktrace.scan.function_flow import FunctionFlow


class Rule:
    """``code`` never changes, ``name`` is for people, ``page`` is what `locktrace explain` shows.

    ``kinds`` are the kinds of runtime finding that this rule sees in the source.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    page: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ()

    def finding(
        self,
        flow: FunctionFlow,
        line: int,
        lock: str,
        message: str,
        path: tuple[Step, ...] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule in one function."""
        place = flow.function.qualname
        return Finding(
            self.code,
            self.name,
            severity or self.severity,
            flow.file,
            line,
            place,
            lock,
            message,
            path,
        )


class FunctionRule(Rule, ABC):
    """Looks at one function at a time."""

    @abstractmethod
    def check(self, flow: FunctionFlow) -> Iterator[Draft]:
        """What is wrong in this function."""


class ProjectRule(Rule, ABC):
    """Looks along the calls of the whole project."""

    @abstractmethod
    def check(self, calls: CallGraph) -> Iterator[Draft]:
        """What is wrong between functions."""
