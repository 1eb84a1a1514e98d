"""Ask before, where a function of the same file raises what its caller catches."""

from __future__ import annotations

import ast
import itertools
import textwrap
from typing import NamedTuple

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.callees import Callee, find_callee, means_the_same, names_in, reword
from workbench.python.raising import can_raise, catches, caught_names
from workbench.python.scope import Scope
from workbench.python.silent import is_silent
from workbench.python.syntax import (
    bound_names,
    find_functions,
    parse_source,
    without_docstring,
)

_LEAVES = ast.Return | ast.Continue | ast.Break
_TELLTALE = frozenset({"sys", "traceback", "exception", "exc_info", "format_exc"})


def inline_raise(source: str, qualname: str) -> str | None:
    """Put a short function into a caller that catches what it raises, so that nothing is raised.

    `try: x = find(table, key)` with `except Missing: continue`, where `find` assigns, raises
    `Missing` on a condition and returns an expression, becomes `if <condition>: continue` and
    `x = <expression>`.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    tree = parse_source(source)
    for function in find_functions(tree, qualname):
        scope, rewrite = Scope(source, tree, function), Rewrite(source)
        taken = names_in(function)
        for node in ast.walk(function):
            if isinstance(node, ast.Try) and (tried := _read(node, scope)):
                lines = _Inlined(rewrite, tried, taken).lines(tried.body)
                rewrite.replace_statement(node, *_statements("\n".join(lines)))
        if edited := rewrite.code():
            return edited
    return None


class _Tried(NamedTuple):
    """A call that is tried, and what is done when it fails."""

    callee: Callee
    body: list[ast.stmt]
    """Of the function that is called."""
    how: str
    """What is done with the answer, with a place for it."""
    handler: list[ast.stmt]
    leaves: bool
    """Whether nothing below is reached when it fails."""


def _read(node: ast.Try, scope: Scope) -> _Tried | None:
    match node:
        case ast.Try(
            body=[statement],
            handlers=[ast.ExceptHandler(type=ast.expr() as caught, name=name, body=handler)],
            orelse=[],
            finalbody=[],
        ) if all(_is_simple(part, name) for part in handler):
            pass
        case _:
            return None
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=ast.expr() as value):
            how = f"{target} = {{}}"
        case ast.Return(value=ast.expr() as value):
            how = "return {}"
        case _:
            return None
    callee = find_callee(scope, value)
    if callee is None or not means_the_same(callee, scope):
        return None
    body = without_docstring(callee.function.body)
    errors = caught_names(caught)
    if not _is_straight(body) or any(scope.bound(scope.function)[name] for name in errors):
        return None
    inside = Scope("", scope.tree, callee.function)
    raised = [part for part in ast.walk(callee.function) if isinstance(part, ast.Raise)]
    if not raised or not all(_may_vanish(part, caught, inside) for part in raised):
        return None
    if any(can_raise(expr, errors, inside) for expr in _evaluated(body)):
        return None
    if any(can_raise(handed, errors, scope) for handed in callee.arguments.values()):
        return None
    leaves = isinstance(handler[-1], _LEAVES)
    return _Tried(callee, body, how, handler, leaves)


def _is_simple(stmt: ast.stmt, error: str | None) -> bool:
    """Whether a handler's statement does not look at the error."""
    kinds = ast.Return | ast.Continue | ast.Break | ast.Pass | ast.Assign | ast.AugAssign
    names = {error, *_TELLTALE}
    is_kept = not any(
        isinstance(part, ast.Constant) and part.lineno != part.end_lineno for part in ast.walk(stmt)
    )  # its lines are moved
    return (
        is_kept
        and isinstance(stmt, kinds)
        and not any(
            (isinstance(part, ast.Name) and part.id in names)
            or (isinstance(part, ast.Attribute) and part.attr in names)
            for part in ast.walk(stmt)
        )
    )


def _is_straight(body: list[ast.stmt]) -> bool:
    """Whether a body assigns names, raises or returns on conditions, and ends with either."""
    *first, last = body
    for stmt in first:
        match stmt:
            case (
                ast.Assign(targets=[ast.Name()])
                | ast.AnnAssign(target=ast.Name(), value=ast.expr())
            ):
                pass
            case ast.If(body=[ast.Raise(exc=ast.expr()) | ast.Return(value=ast.expr())], orelse=[]):
                pass
            case _:
                return False
    match last:
        case ast.Raise(exc=ast.expr()) | ast.Return(value=ast.expr()):
            return True
    return False


def _may_vanish(node: ast.Raise, caught: ast.expr, inside: Scope) -> bool:
    """Whether nobody misses what is raised: it is caught, and making it does nothing else."""
    assert node.exc is not None
    is_silent_cause = node.cause is None or is_silent(node.cause, inside, node)
    is_made = is_silent(node.exc, inside, node)
    return is_silent_cause and is_made and catches(caught, node.exc, inside)


def _evaluated(body: list[ast.stmt]) -> list[ast.expr]:
    """Return what a body evaluates, but for the errors that it makes."""
    found: list[ast.expr] = []
    for stmt in body:
        match stmt:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                found.append(value)
            case ast.If(test=test, body=inner):
                found += [test, *_evaluated(inner)]
            case ast.Return(value=ast.expr() as value):
                found.append(value)
    return found


class _Inlined:
    """Writes a function's body in the names of its caller."""

    def __init__(self, rewrite: Rewrite, tried: _Tried, taken: set[str]) -> None:
        function = tried.callee.function
        taken |= names_in(function) - set(bound_names(function))
        self.rewrite, self.tried, self.taken = rewrite, tried, taken
        self.names = dict(tried.callee.arguments)
        self.handler = [rewrite.flush_text(stmt) for stmt in tried.handler]
        self.own: dict[str, ast.expr] = {}

    def lines(self, body: list[ast.stmt]) -> list[str]:
        """Return the lines that stand for the rest of a body."""
        stmt, rest = body[0], body[1:]
        match stmt:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                return [self._assign(name, value), *self.lines(rest)]
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                return [self._assign(name, value), *self.lines(rest)]
            case ast.If(test=test, body=inner):
                head = [f"if {self._text(test)}:", *_deeper(self.lines(inner))]
                is_raise = isinstance(inner[0], ast.Raise)
                if self.tried.leaves if is_raise else self.tried.how.startswith("return"):
                    return [*head, *self.lines(rest)]
                return [*head, "else:", *_deeper(self.lines(rest))]
            case ast.Return(value=ast.expr() as value):
                return [self.tried.how.format(self._text(value))]
        return self.handler

    def _text(self, node: ast.expr) -> str:
        return reword(self.rewrite.source, node, self.names)

    def _assign(self, name: str, value: ast.expr) -> str:
        told = self._text(value)
        if name not in self.own:
            free = next(n for n in _numbered(name) if n not in self.taken)
            self.taken.add(free)
            self.own[name] = ast.Name(free)
        self.names[name] = self.own[name]
        return f"{ast.unparse(self.own[name])} = {told}"


def _numbered(name: str) -> itertools.chain[str]:
    return itertools.chain([name], (f"{name}_{n}" for n in itertools.count(2)))


def _deeper(lines: list[str]) -> list[str]:
    return [textwrap.indent(line, "    ") for line in lines]


def _statements(code: str) -> list[str]:
    """Return each statement of a text."""
    return [f"{ast.get_source_segment(code, stmt)}\n" for stmt in ast.parse(code).body]
