"""What is made of constants alone: whether an expression is, and what kind of value it gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from workbench.python.constants import Texts, bound_once, is_left_alone
from workbench.python.results import (
    OTHER,
    UNKNOWN,
    common,
    held_by,
    is_immutable,
    of_function,
    of_operator,
    of_text,
)
from workbench.python.scope import SCALARS, Kind, Scope
from workbench.python.syntax import root_name

Known = Mapping[str, Kind]
"""Names that stand for something known, and the kind of it."""

_LIBRARY_CONSTANTS = frozenset({"math.pi", "math.e", "math.inf", "datetime.timezone.utc"})


class Fixed:
    """What is made of constants, seen from one function.

    Parameters
    ----------
    scope : Scope
        Of the function.
    place : int
        How many statements of the module come before: those bind what may be used.
    others : callable
        Gives the texts of other files, which may change what is the module's.
    """

    def __init__(self, scope: Scope, place: int, others: Texts = tuple) -> None:
        self.scope, self._others = scope, others
        self._above = scope.tree.body[:place]
        self._kinds: dict[str, Kind] = {}
        """Of names of the module, as far as they were asked for."""

    def gives_immutable(self, expr: ast.expr, known: Known) -> bool:
        """Whether it gives the same each time, and what nobody can change.

        It is made of literals, of what the module binds for good above the place, of `known`
        names, and by functions that answer alike each time.
        """
        return is_immutable(self.kind(expr, known))

    def is_bound_above(self, name: str) -> bool:
        """Whether a name, not one of the function's, is bound once in the module, above."""
        is_local = self.scope.bound(self.scope.function)[name] or self.scope.enclosing[name]
        bound = self.scope.globals.get(name, [])
        return not is_local and len(bound) == 1 and bound[0] in self._above

    def kind(self, expr: ast.expr, known: Known) -> Kind:
        """Return what kind of value an expression gives; unknown where it is not always the same.

        Of a container, elements are told where they cannot be changed.
        """
        match expr:
            case ast.Constant(value=value):
                return Kind(type(value).__name__)
            case ast.Name(id=name):
                return known[name] if name in known else self._of_module(name)
            case ast.JoinedStr(values=values):
                return Kind("str") if all(self._is_shown(v, known) for v in values) else UNKNOWN
            case ast.Tuple(elts=elts) | ast.List(elts=elts) | ast.Set(elts=elts):
                return self._display(type(expr).__name__.lower(), elts, known)
            case ast.Dict(keys=keys, values=values):
                held = self._display("dict", [key for key in keys if key], known)
                of_values = self._display("list", values, known)
                is_known = of_values.name and None not in keys
                return Kind(held.name, of_values.element and held.element) if is_known else UNKNOWN
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                inner = self._within(expr.generators, known)
                held = self.kind(expr.elt, inner) if inner is not None else UNKNOWN
                name = "set" if isinstance(expr, ast.SetComp) else "list"
                return Kind(name, common([held]).name) if held.name else UNKNOWN
            case ast.DictComp(key=key, value=value, generators=generators):
                inner = self._within(generators, known)
                kinds = [self.kind(part, inner) for part in (key, value)] if inner else [UNKNOWN]
                is_deep = common(kinds).name and common(kinds[:1]).name
                return Kind("dict", is_deep) if all(kind.name for kind in kinds) else UNKNOWN
            case ast.Attribute():
                return self._of_library(expr)
            case ast.Call():
                return self._called(expr, known)
        return self._operated(expr, known)

    def _display(self, name: str, elements: Sequence[ast.expr], known: Known) -> Kind:
        kinds = [self.kind(element, known) for element in elements]
        if not all(kind.name for kind in kinds):
            return UNKNOWN
        is_to_be_filled = not kinds and name != "tuple"
        return Kind(name, "" if is_to_be_filled else common(kinds).name)

    def _of_module(self, name: str) -> Kind:
        if not self.is_bound_above(name):
            return UNKNOWN
        if name not in self._kinds:
            self._kinds[name] = self._kind_of_bound(name)
        return self._kinds[name]

    def _kind_of_bound(self, name: str) -> Kind:
        bound = bound_once(self.scope, name)
        if bound is None or bound.value is None:
            return UNKNOWN
        above = Fixed(self.scope, self.scope.tree.body.index(bound), self._others)
        above._kinds = self._kinds
        kind = above.kind(bound.value, {})
        is_own = bool(kind.element) and is_left_alone(self.scope, name, self._others)
        return kind if is_immutable(kind) or is_own else UNKNOWN

    def _of_library(self, node: ast.Attribute) -> Kind:
        """Return the kind of a constant of the standard library."""
        if not self.is_bound_above(root_name(node)):
            return UNKNOWN
        called = self.scope.called(node, node)
        if re.fullmatch(r"re\.[A-Z]+", called):
            return Kind("int")
        if re.fullmatch(r"string\.[a-z_]+", called):
            return Kind("str")
        return OTHER if called in _LIBRARY_CONSTANTS else UNKNOWN

    def _is_shown(self, value: ast.expr, known: Known) -> bool:
        match value:
            case ast.FormattedValue(value=shown, format_spec=None):
                return bool(self.kind(shown, known).name)
            case ast.FormattedValue(value=shown, format_spec=ast.expr() as spec):
                is_plain = self.kind(shown, known).name in SCALARS
                return is_plain and bool(self.kind(spec, known).name)
        return isinstance(value, ast.Constant)

    def _within(self, generators: Sequence[ast.comprehension], known: Known) -> Known | None:
        """Return what is known in a comprehension; None where it runs over something unknown."""
        inner = dict(known)
        for generator in generators:
            held = held_by(self.kind(generator.iter, inner))
            if not isinstance(generator.target, ast.Name) or generator.is_async or not held.name:
                return None
            inner[generator.target.id] = held
            if not all(self.kind(test, inner).name for test in generator.ifs):
                return None
        return inner

    def _operated(self, expr: ast.expr, known: Known) -> Kind:
        match expr:
            case ast.UnaryOp(op=op, operand=operand):
                kind = self.kind(operand, known)
                is_not = isinstance(op, ast.Not) and bool(kind.name)
                return Kind("bool") if is_not else kind if kind.name in SCALARS else UNKNOWN
            case ast.BinOp(left=left, op=op, right=right):
                return of_operator(self.kind(left, known), op, self.kind(right, known))
            case ast.Compare(left=left, comparators=others):
                kinds = [self.kind(part, known) for part in [left, *others]]
                return Kind("bool") if all(kind.name for kind in kinds) else UNKNOWN
            case ast.BoolOp(values=values):
                return common([self.kind(value, known) for value in values])
            case ast.IfExp(test=test, body=body, orelse=orelse) if self.kind(test, known).name:
                return common([self.kind(body, known), self.kind(orelse, known)])
            case ast.Subscript(value=value, slice=ast.Slice(lower=low, upper=high, step=step)):
                ends = [self.kind(end, known).name for end in (low, high, step) if end]
                kind = self.kind(value, known)
                return kind if kind.name in {"str", "list", "tuple"} and all(ends) else UNKNOWN
            case ast.Subscript(value=value, slice=place) if self.kind(place, known).name == "int":
                kind = self.kind(value, known)
                return held_by(kind) if kind.name in {"str", "list", "tuple"} else UNKNOWN
        return UNKNOWN

    def _called(self, call: ast.Call, known: Known) -> Kind:
        named = [k.value for k in call.keywords if not (k.arg == "key" and self._answers(k.value))]
        match call:
            case ast.Call(func=ast.Name(id="map"), args=[function, items], keywords=[]):
                if not self.scope.is_builtin("map"):
                    return UNKNOWN
                held = held_by(self.kind(items, known))
                each = self._answer(function, [held]) if held.name else UNKNOWN
                return Kind("list", common([each]).name) if each.name else UNKNOWN
        given = [self.kind(part, known) for part in [*call.args, *named]]
        if not all(kind.name for kind in given) or any(k.arg is None for k in call.keywords):
            return UNKNOWN
        match call.func:
            case ast.Attribute(value=text, attr=method) if self.kind(text, known).name == "str":
                return of_text(method)
        return self._answer(call.func, given)

    def _answers(self, function: ast.expr) -> bool:
        """Whether a function that is handed on gives the same answer to the same text."""
        return bool(self._answer(function, [Kind("str")]).name)

    def _answer(self, function: ast.expr, given: Sequence[Kind]) -> Kind:
        """Return what a function gives that is a builtin, or of a module imported above."""
        root = root_name(function)
        match function:
            case ast.Attribute(value=ast.Name(id="str"), attr=method):
                if not self.scope.is_builtin("str"):
                    return UNKNOWN
                if method == "maketrans":
                    return of_function("str.maketrans", given)
                is_text = bool(given) and given[0].name == "str"
                return of_text(method) if is_text else UNKNOWN
        if not self.scope.is_builtin(root) and not self.is_bound_above(root):
            return UNKNOWN
        return of_function(self.scope.called(function, function), given)
