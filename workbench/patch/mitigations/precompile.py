"""Make once, when the module is loaded, what a function makes of constants at each call."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from workbench.patch.editing.rewrite import Rewrite
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, find_functions, parse_source

_SEARCHES = {
    "search": ("string",), "match": ("string",), "fullmatch": ("string",), "findall": ("string",),
    "finditer": ("string",), "split": ("string", "maxsplit"), "sub": ("repl", "string", "count"),
    "subn": ("repl", "string", "count"),
}  # fmt: skip
"""Functions of `re` that take a pattern first, and what a compiled one takes."""

_MADE_ONCE = frozenset(
    {"re.compile", "string.Template", "struct.Struct", "operator.itemgetter"}
    | {"operator.attrgetter", "operator.methodcaller", "decimal.Decimal", "fractions.Fraction"}
    | {"datetime.timedelta", "datetime.date", "datetime.time", "datetime.timezone", "uuid.UUID"}
    | {"ipaddress.ip_network", "ipaddress.ip_address", "zoneinfo.ZoneInfo", "frozenset"}
    | {"str.maketrans"}
)
"""What gives, of constants, a value that never changes."""


def precompile(source: str, qualname: str) -> str | None:
    """Compile constant patterns, and make other constants, when the module is loaded.

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
        edit = _Maker(source, tree, function)
        if edited := edit.code():
            return edited
    return None


class _Maker:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope = Scope(source, tree, function)
        self.rewrite = Rewrite(source)
        self.top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
        self.function = function
        self.names: dict[str, str] = {}
        self.taken = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}

    def code(self) -> str | None:
        nodes = [node for stmt in self.function.body for node in ast.walk(stmt)]
        for node in nodes:
            if isinstance(node, ast.Call) and not self._is_part_of_other(node):
                self._take(node)
        made = [f"{name} = {text}\n" for text, name in self.names.items()]
        if made:
            self.rewrite.insert_before(self.top, *made)
        return self.rewrite.code()

    def _is_part_of_other(self, node: ast.Call) -> bool:
        """Whether it is in a call that is taken as a whole."""
        return any(
            isinstance(parent, ast.Call) and self._made_once(parent)
            for parent in self.scope.ancestors(node)
        )

    def _take(self, call: ast.Call) -> None:
        if self._made_once(call):
            self.rewrite.replace(call, self._name(self.rewrite.text(call), call))
            return
        called = self.scope.called(call.func, call)
        search = called.removeprefix("re.") if called.startswith("re.") else ""
        if search not in _SEARCHES or not call.args:
            return
        pattern, *rest = call.args
        keywords = {k.arg or "": k.value for k in call.keywords}
        flags = keywords.pop("flags", None)
        known = _SEARCHES[search]
        if not self._is_constant(pattern) or len(rest) > len(known) or set(keywords) - set(known):
            return
        if flags is not None and not self._is_constant(flags):
            return
        text = self.rewrite.text
        re_name = text(call.func).rpartition(".")[0]
        if not re_name:  # `from re import search`: there is no name for `compile`
            return
        told = text(pattern) + (f", {text(flags)}" if flags else "")
        name = self._name(f"{re_name}.compile({told})", call)
        arguments = [text(part) for part in rest]
        arguments += [f"{key}={text(value)}" for key, value in keywords.items()]
        self.rewrite.replace(call, f"{name}.{search}({', '.join(arguments)})")

    def _made_once(self, call: ast.Call) -> bool:
        called = self.scope.called(call.func, call)
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "str.maketrans":
            called = "str.maketrans"
        parts = [*call.args, *(k.value for k in call.keywords)]
        return called in _MADE_ONCE and bool(parts) and all(map(self._is_constant, parts))

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether it is made of literals and of what the module binds once, above."""
        match node:
            case ast.Constant():
                return True
            case ast.UnaryOp(operand=operand):
                return self._is_constant(operand)
            case ast.Tuple(elts=elts) | ast.Set(elts=elts) | ast.List(elts=elts):
                return all(map(self._is_constant, elts))
            case ast.Dict(keys=keys, values=values):
                return all(k and self._is_constant(k) for k in keys) and all(
                    map(self._is_constant, values)
                )
            case ast.BinOp(left=left, right=right):
                return self._is_constant(left) and self._is_constant(right)
            case ast.Attribute(attr=flag):
                return bool(re.fullmatch("[A-Z]+", flag)) and self.scope.called(
                    node, self.function
                ).startswith("re.")
            case ast.Name():
                bound = self.scope.binding(node.id, node)
                body = self.scope.tree.body
                is_above = bound in body and body.index(bound) < body.index(self.top)
                return is_above and isinstance(bound, ast.Assign) and self._is_constant(bound.value)
        return False

    def _name(self, text: str, call: ast.Call) -> str:
        """Return the name of a new constant, one for each text."""
        if text not in self.names:
            kind = "PATTERN" if ".compile(" in text else _describe(call)
            stem = f"_{_in_capitals(self.function.name)}_{kind}"
            options = itertools.chain([stem], (f"{stem}_{n}" for n in itertools.count(2)))
            name = next(name for name in options if name not in self.taken)
            self.taken.add(name)
            self.names[text] = name
        return self.names[text]


def _describe(call: ast.Call) -> str:
    return _in_capitals(ast.unparse(call.func).split(".")[-1])


def _in_capitals(name: str) -> str:
    parts: Iterator[str] = (part for part in re.split(r"(?<=[a-z0-9])(?=[A-Z])|_", name) if part)
    return "_".join(part.upper() for part in parts)
