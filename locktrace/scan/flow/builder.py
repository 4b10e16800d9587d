"""From statements to the graph: branches, loops, exceptions, `finally`, `with`, `match`."""

from __future__ import annotations

import ast
from collections.abc import Callable

from locktrace.scan.discover import FunctionNode, statements
from locktrace.scan.flow.conditions import question, repeated_questions
from locktrace.scan.flow.exits import Exits, Through
from locktrace.scan.flow.graph import RAISED, RETURNED, Graph, Node
from locktrace.scan.operations import Reader
from locktrace.scan.records import Operation
from locktrace.scan.vocabulary import SWALLOWERS

_CATCH_ALL = frozenset({"Exception", "BaseException"})
_SILENT = frozenset({"create", "look"})


class Builder:
    """Builds each statement with the node that follows it at hand, from the last to the first."""

    def __init__(self, reader: Reader) -> None:
        self.graph = Graph()
        self._reader = reader
        self._questions: frozenset[str] = frozenset()
        self._statements: dict[type[ast.stmt], Callable[..., int]] = {
            ast.Expr: self._expression,
            ast.Assign: self._assign,
            ast.AnnAssign: self._assign,
            ast.AugAssign: self._assign,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.If: self._if,
            ast.While: self._while,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.Match: self._match,
            ast.Assert: self._assert,
            ast.Break: lambda _node, _after, exits: exits.to("break"),
            ast.Continue: lambda _node, _after, exits: exits.to("continue"),
        }

    def build(self, node: FunctionNode | ast.Module | ast.ClassDef) -> Graph:
        """The graph of a body."""
        self._questions = repeated_questions(statements(node.body))
        exits = Exits(None, {"return": RETURNED, "raise": RAISED})
        self.graph.entry = self._sequence(node.body, RETURNED, exits)
        return self.graph

    def _sequence(self, body: list[ast.stmt], after: int, exits: Exits) -> int:
        for statement in reversed(body):
            build = self._statements.get(type(statement))
            if build is not None:
                after = build(statement, after, exits)
        return after

    def _chain(self, operations: list[Operation], after: int, exits: Exits) -> int:
        for operation in reversed(operations):
            if operation.action in _SILENT or (
                operation.action == "call" and operation.calm and not operation.callee
            ):
                continue
            after = self._node(operation, after, exits)
        return after

    def _node(self, operation: Operation, after: int, exits: Exits) -> int:
        node = Node(operation.line, operation, [(after, "")])
        if not operation.calm:
            node.next.append((exits.to("raise"), "raise"))
        return self.graph.add(node)

    def _expression(self, node: ast.Expr, after: int, exits: Exits) -> int:
        return self._chain(self._reader.read(node.value, "discarded"), after, exits)

    def _assign(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, after: int, exits: Exits
    ) -> int:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        only = targets[0]
        for target in targets:
            after = self._forget(target, node.value, after, exits)
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                after = self._chain(self._reader.read(target), after, exits)
        if isinstance(only, ast.Name):
            operations = self._reader.read(node.value, f"={only.id}", only.id)
        else:
            shown = ast.unparse(only) if isinstance(node.value, ast.Call) else ""
            operations = self._reader.read(node.value, "used", shown)
        return self._chain(operations, after, exits)

    def _forget(self, target: ast.expr, value: ast.expr | None, after: int, exits: Exits) -> int:
        """What was known of an assigned name is known no more."""
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                after = self._forget(element, None, after, exits)
            return after
        if not self._questions or not isinstance(target, (ast.Name, ast.Attribute)):
            return after
        name = ast.unparse(target)
        if not any(name in text for text in self._questions):
            return after
        constant = isinstance(value, ast.Constant)
        truth = str(bool(value.value)) if isinstance(value, ast.Constant) and constant else ""
        # A try's own result is set by the try.
        if truth == "" and isinstance(value, (ast.Call, ast.Await)):
            operations = self._reader.read(value, f"={name}", name)
            if operations and operations[-1].action == "try":
                return after
        return self._node(Operation("set", target.lineno, var=name, note=truth), after, exits)

    def _return(self, node: ast.Return, _after: int, exits: Exits) -> int:
        shown = ast.unparse(node.value) if isinstance(node.value, (ast.Constant, ast.Name)) else ""
        operation = Operation("return", node.lineno, note=shown if node.value else "None")
        end = self.graph.add(Node(node.lineno, operation, [(exits.to("return"), "")]))
        operations = self._reader.read(node.value, "=<return>")
        if isinstance(node.value, (ast.Name, ast.Attribute)):
            operations = [*operations, *self._escaping(node.value)]
        return self._chain(operations, end, exits)

    def _escaping(self, node: ast.expr) -> list[Operation]:
        found = self._reader.enter(node)
        return [Operation("escape", node.lineno, found.lock)] if found else []

    def _raise(self, node: ast.Raise, _after: int, exits: Exits) -> int:
        operation = Operation("raise", node.lineno)
        end = self.graph.add(Node(node.lineno, operation, [(exits.to("raise"), "raise")]))
        return self._chain(self._reader.read(node.exc), end, exits)

    def _assert(self, node: ast.Assert, after: int, exits: Exits) -> int:
        operations = self._reader.read(node.test, "tested")
        if any(operation.action == "try" for operation in operations):
            return self._condition(node.test, after, exits.to("raise"), exits)
        return self._chain(operations, after, exits)

    def _if(self, node: ast.If, after: int, exits: Exits) -> int:
        yes = self._sequence(node.body, after, exits)
        no = self._sequence(node.orelse, after, exits)
        return self._condition(node.test, yes, no, exits)

    def _condition(self, test: ast.expr, yes: int, no: int, exits: Exits) -> int:
        if isinstance(test, ast.BoolOp):
            both = isinstance(test.op, ast.And)
            for value in reversed(test.values):
                entry = self._condition(value, yes, no, exits)
                yes, no = (entry, no) if both else (yes, entry)
            return yes if both else no
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self._condition(test.operand, no, yes, exits)
        if isinstance(test, ast.Constant):
            return yes if test.value else no
        return self._leaf(test, yes, no, exits)

    def _leaf(self, test: ast.expr, yes: int, no: int, exits: Exits) -> int:
        operations = self._reader.read(test, "tested")
        last = operations[-1] if operations else None
        decides = isinstance(test, (ast.Call, ast.Await, ast.NamedExpr)) and last is not None
        if last is not None and decides and (last.action == "try" or last.callee):
            node = Node(last.line, last, [(yes, "true"), (no, "false")])
            if not last.calm:
                node.next.append((exits.to("raise"), "raise"))
            return self._chain(operations[:-1], self.graph.add(node), exits)
        if last is not None and decides and last.action == "wait" and not last.timed:
            return self._chain(operations, yes, exits)  # comes back only when it is so
        text, positive = question(test)
        if text and self._is_lock(test):
            return yes if positive else no  # `if self.lock:` asks whether there is one
        asked = text if text in self._questions else ""
        branch = Operation("test", test.lineno, var=asked, note="" if positive else "not")
        node = Node(test.lineno, branch, [(yes, "true"), (no, "false")])
        return self._chain(operations, self.graph.add(node), exits)

    def _is_lock(self, test: ast.expr) -> bool:
        node = test.left if isinstance(test, ast.Compare) else test
        is_none = not isinstance(test, ast.Compare) or isinstance(test.ops[0], (ast.Is, ast.IsNot))
        return is_none and self._reader.enter(node) is not None

    def _while(self, node: ast.While, after: int, exits: Exits) -> int:
        header = self.graph.add(Node(node.lineno))
        inside = Exits(exits, {"break": after, "continue": header})
        body = self._sequence(node.body, header, inside)
        otherwise = self._sequence(node.orelse, after, exits)
        test = self._condition(node.test, body, otherwise, exits)
        self.graph.nodes[header].next.append((test, ""))
        return header

    def _for(self, node: ast.For | ast.AsyncFor, after: int, exits: Exits) -> int:
        header = self.graph.add(Node(node.lineno, Operation("loop", node.lineno)))
        inside = Exits(exits, {"break": after, "continue": header})
        body = self._sequence(node.body, header, inside)
        body = self._forget(node.target, None, body, inside)
        otherwise = self._sequence(node.orelse, after, exits)
        self.graph.nodes[header].next += [(body, "true"), (otherwise, "false")]
        start = header
        if isinstance(node, ast.AsyncFor):
            start = self._node(Operation("await", node.lineno, calm=False), header, exits)
        return self._chain(self._reader.read(node.iter), start, exits)

    def _with(self, node: ast.With | ast.AsyncWith, after: int, exits: Exits) -> int:
        return self._items(node, 0, after, exits)

    def _items(self, node: ast.With | ast.AsyncWith, at: int, after: int, exits: Exits) -> int:
        if at == len(node.items):
            return self._sequence(node.body, after, exits)
        expression = node.items[at].context_expr
        enter = self._reader.enter(expression)
        if enter is not None:
            self._reader.operations.setdefault(id(expression), [enter])
            leave = self._leave(enter)
            return self._guarded(node, at, after, exits, enter, leave)
        operations = self._reader.read(expression, "used")
        last = operations[-1] if operations else None
        if last is not None and last.action == "call" and last.callee:
            enter = Operation("enter", last.line, callee=last.callee, args=last.args, calm=False)
            leave = Operation("leave", last.line, callee=last.callee, args=last.args)
            start = self._guarded(node, at, after, exits, enter, leave)
        else:
            start = self._items(node, at + 1, after, self._swallowing(expression, after, exits))
        if isinstance(node, ast.AsyncWith):
            start = self._node(Operation("await", expression.lineno, calm=False), start, exits)
        return self._chain(operations, start, exits)

    def _leave(self, enter: Operation) -> Operation:
        return Operation("release", enter.line, enter.lock, enter.mode, "with", "with")

    def _guarded(
        self,
        node: ast.With | ast.AsyncWith,
        at: int,
        after: int,
        exits: Exits,
        enter: Operation,
        leave: Operation,
    ) -> int:
        def clean_up(target: int) -> int:
            return self.graph.add(Node(leave.line, leave, [(target, "")]))

        inside = Through(exits, clean_up)
        body = self._items(node, at + 1, clean_up(after), inside)
        return self._node(enter, body, exits)

    def _swallowing(self, expression: ast.expr, after: int, exits: Exits) -> Exits:
        function = expression.func if isinstance(expression, ast.Call) else expression
        if not isinstance(function, (ast.Name, ast.Attribute)):
            return exits
        if not SWALLOWERS.search(ast.unparse(function)):
            return exits
        fork = self.graph.add(Node(expression.lineno, None, [(after, "")]))
        return Exits(exits, {"raise": fork})

    def _try(self, node: ast.Try | ast.TryStar, after: int, exits: Exits) -> int:
        protected = exits
        if node.finalbody:

            def clean_up(target: int) -> int:
                return self._sequence(node.finalbody, target, exits)

            protected = Through(exits, clean_up)
            after = clean_up(after)
        body_exits = protected
        if node.handlers:
            dispatch = self._handlers(node, after, protected)
            body_exits = Exits(protected, {"raise": dispatch})
        otherwise = self._sequence(node.orelse, after, protected)
        return self._sequence(node.body, otherwise, body_exits)

    def _handlers(self, node: ast.Try | ast.TryStar, after: int, exits: Exits) -> int:
        dispatch = Node(node.lineno)
        caught = False
        for handler in node.handlers:
            entry = self._sequence(handler.body, after, exits)
            marked = Node(handler.lineno, Operation("handler", handler.lineno), [(entry, "")])
            dispatch.next.append((self.graph.add(marked), ""))
            caught = caught or _catches_all(handler)
        if not caught:
            dispatch.next.append((exits.to("raise"), "raise"))
        return self.graph.add(dispatch)

    def _match(self, node: ast.Match, after: int, exits: Exits) -> int:
        otherwise = after
        for case in reversed(node.cases):
            body = self._sequence(case.body, after, exits)
            if case.guard is not None:
                body = self._condition(case.guard, body, otherwise, exits)
            if _matches_all(case):
                otherwise = body
            else:
                branch = Operation("test", case.pattern.lineno)
                paths = [(body, "true"), (otherwise, "false")]
                otherwise = self.graph.add(Node(case.pattern.lineno, branch, paths))
        return self._chain(self._reader.read(node.subject), otherwise, exits)


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(k is None or (isinstance(k, ast.Name) and k.id in _CATCH_ALL) for k in kinds)


def _matches_all(case: ast.match_case) -> bool:
    return (
        case.guard is None
        and isinstance(case.pattern, ast.MatchAs)
        and case.pattern.pattern is None
    )
