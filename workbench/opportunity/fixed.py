"""What comes to the same at each call of a function: constants, and what is made of them."""

from __future__ import annotations

import ast

from workbench.opportunity.questions import is_constant
from workbench.opportunity.reading import FunctionCode, last_name, targets_of
from workbench.python.repeatable import MUTATORS
from workbench.python.results import of_text
from workbench.python.scope import READ_METHODS

_MAKERS = frozenset({"sorted", "tuple", "list", "set", "frozenset", "dict", "map", "filter", "zip"})
_ANSWERS = frozenset({"len", "str", "repr", "min", "max", "range", "enumerate", "reversed", "int"})
_OF_MODULES = frozenset({"re.escape", "itertools.chain", "itertools.chain.from_iterable"})
_FUNCTIONS = frozenset({"len", "str", "repr", "sorted", "int"})
"""Builtins that may be handed on as they are, to `map` or as a key."""
_NONE: frozenset[str] = frozenset()


def is_fixed(code: FunctionCode, node: ast.AST | None, known: frozenset[str] = _NONE) -> bool:
    """Whether it is made of literals and constants, through names of the function too.

    Parameters
    ----------
    code : FunctionCode
        The function.
    node : ast.AST or None
        Of the function; None is fixed.
    known : frozenset of str
        Names that stand for a part of what is fixed, as those of a comprehension do.
    """
    match node:
        case None | ast.Load():
            return True
        case ast.Name(id=name):
            return name in known or _is_fixed_name(code, name, known)
        case ast.Attribute(value=value, attr=attr):
            return attr.lstrip("_").isupper() and _is_shared(code, value)
        case ast.Call():
            return _is_fixed_call(code, node, known)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            inner = known | targets_of(node)
            return all(
                is_fixed(code, part, inner)
                for part in ast.iter_child_nodes(node)
                if not isinstance(part, ast.comprehension)
            ) and all(_is_fixed_part(code, part, inner) for part in node.generators)
        case ast.Lambda() | ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
            return False
        case ast.Constant():
            return True
    parts = [part for part in ast.iter_child_nodes(node) if not _is_sign(part)]
    return isinstance(node, ast.expr | ast.Slice) and all(
        is_fixed(code, part, known) for part in parts
    )


def _is_sign(part: ast.AST) -> bool:
    return isinstance(part, ast.operator | ast.unaryop | ast.cmpop | ast.boolop | ast.expr_context)


def _is_fixed_part(code: FunctionCode, part: ast.comprehension, known: frozenset[str]) -> bool:
    return not part.is_async and all(
        is_fixed(code, asked, known) for asked in (part.iter, *part.ifs)
    )


def _is_fixed_name(code: FunctionCode, name: str, known: frozenset[str]) -> bool:
    if name not in code.bound:
        is_capital = name.lstrip("_").isupper()
        bound = ast.Name(name, ast.Load())
        is_imported = is_capital and name in code.module.imports
        return is_constant(code, bound) or is_imported or _is_literal(code, name)
    value = code.only_value(name)
    is_first = value is not None and not code.loops(value)
    return is_first and not _is_changed(code, name) and is_fixed(code, value, known)


def _is_literal(code: FunctionCode, name: str) -> bool:
    """Whether a global of any spelling is bound once, to a plain value, and never again."""
    value = code.module.global_value(name)
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(isinstance(part, ast.Constant) for part in parts) and not any(
        name in node.names  # type: ignore[attr-defined]
        for other in code.module.functions.values()
        for node in other.of(ast.Global)
    )


def _is_changed(code: FunctionCode, name: str) -> bool:
    """Whether a name's value is changed where it is."""
    for use in code.loads.get(name, ()):
        match code.parents[use]:
            case ast.Attribute(attr=attr) if attr in MUTATORS:
                return True
            case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) if value is use:
                return True
    return False


def _is_shared(code: FunctionCode, holder: ast.expr) -> bool:
    """Whether an attribute in capitals of a value is one of a class or module."""
    match holder:
        case ast.Name(id="self" | "cls"):
            return code.owner is not None
        case ast.Name(id=name):
            is_known = name in code.module.imports or name in code.module.classes
            return is_known and name not in code.bound
        case ast.Attribute(value=value):
            return _is_shared(code, value)
    return False


def _is_fixed_call(code: FunctionCode, call: ast.Call, known: frozenset[str]) -> bool:
    given = [*call.args, *(k.value for k in call.keywords)]
    if not all(_is_function(code, part) or is_fixed(code, part, known) for part in given):
        return False
    name = code.called(call)
    if name:
        return name in _MAKERS | _ANSWERS | _OF_MODULES
    match call.func:
        case ast.Attribute(value=text, attr=attr):
            is_read = bool(of_text(attr).name) or attr in READ_METHODS
            return is_read and is_fixed(code, text, known)
    return False


def _is_function(code: FunctionCode, part: ast.expr) -> bool:
    """Whether a function that answers alike is handed on: `re.escape`, `str.lower`, `len`."""
    match part:
        case ast.Name(id=name):
            return name in _FUNCTIONS and name not in code.bound
        case ast.Attribute(value=ast.Name(id="str"), attr=attr):
            return bool(of_text(attr).name)
        case ast.Attribute(value=ast.Name(id="re")):
            return last_name(part) == "escape"
    return False


def chain_of(code: FunctionCode, node: ast.expr) -> list[ast.stmt]:
    """Return the statements that bind what an expression is made of, and its own, in order."""
    statements = {id(code.statement(node)): code.statement(node)}
    pending = [node]
    while pending:
        for part in ast.walk(pending.pop()):
            value = code.only_value(part.id) if isinstance(part, ast.Name) else None
            if value is not None and id(code.statement(value)) not in statements:
                statements[id(code.statement(value))] = code.statement(value)
                pending.append(value)
    return sorted(statements.values(), key=lambda stmt: stmt.lineno)
