"""Of which class of the repository a value is, as annotations and calls tell."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from workbench.opportunity.reading import FunctionCode, last_name
from workbench.python.syntax import FunctionNode

if TYPE_CHECKING:
    from workbench.opportunity.codebase import ModuleCode

_DEPTH = 3
"""Attributes of attributes that are followed."""
_OPEN = frozenset({"Protocol", "ABC"})
"""What a class inherits whose methods others fill in."""


def method_of(code: FunctionCode, func: ast.Attribute) -> FunctionCode | None:
    """Return the method that is called, where the value's class is known, and is nobody's base."""
    found = _class_of(code, func.value, _DEPTH)
    if found is None:
        return None
    module, name = found
    is_base = name.rpartition(".")[2] in code.module.codebase.index.bases
    is_open = any(last_name(base) in _OPEN for base in module.classes[name].bases)
    return None if is_base or is_open else module.functions.get(f"{name}.{func.attr}")


def _class_of(code: FunctionCode, expr: ast.expr, depth: int) -> tuple[ModuleCode, str] | None:
    match expr:
        case ast.Name(id="self") if code.owner is not None:
            name = code.qualname.rpartition(".")[0]
            return (code.module, name) if name in code.module.classes else None
        case ast.Name(id=name):
            bound = code.bound.get(name, [])
            if len(bound) == 1 and isinstance(bound[0], ast.arg):
                return _annotated(code.module, bound[0].annotation)
            made = code.only_value(name)
            return code.made_class(made) if isinstance(made, ast.Call) else None
        case ast.Call():
            return code.made_class(expr)
        case ast.Attribute(value=value, attr=attr) if depth:
            holder = _class_of(code, value, depth - 1)
            return _fields(*holder).get(attr) if holder else None
    return None


def _annotated(
    module: ModuleCode, annotation: ast.expr | None
) -> tuple[ModuleCode, str] | None:  # fmt: skip
    """Return the class that an annotation names, or None in its place."""
    match annotation:
        case ast.Constant(value=str(text)):
            try:
                return _annotated(module, ast.parse(text, mode="eval").body)
            except SyntaxError:
                return None
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _annotated(module, left)
        case ast.Subscript(value=kind, slice=inner) if last_name(kind) == "Optional":
            return _annotated(module, inner)
        case ast.Name() | ast.Attribute():
            return module.class_named(annotation)
    return None


def _fields(module: ModuleCode, name: str) -> dict[str, tuple[ModuleCode, str]]:
    """Return the fields of a class of which it is told what class they are of."""
    if name not in module.fields:
        module.fields[name] = {}
        bound: dict[str, list[tuple[ModuleCode, str] | None]] = {}
        for stmt in module.classes[name].body:
            match stmt:
                case ast.AnnAssign(target=ast.Name(id=field), annotation=annotation):
                    bound.setdefault(field, []).append(_annotated(module, annotation))
            if isinstance(stmt, FunctionNode):
                code = module.functions[f"{name}.{stmt.name}"]
                for field, kind in _bound_by(code):
                    bound.setdefault(field, []).append(kind)
        module.fields[name] = {f: k[0] for f, k in bound.items() if len(k) == 1 and k[0]}
    return module.fields[name]


def _bound_by(code: FunctionCode) -> list[tuple[str, tuple[ModuleCode, str] | None]]:
    """Return the fields that a method binds on its object, and the classes of their values."""
    found = []
    for node in code.of(ast.Attribute):
        match node, code.parents[node]:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()), parent:
                kind = None
                if isinstance(parent, ast.AnnAssign):
                    kind = _annotated(code.module, parent.annotation)
                elif isinstance(parent, ast.Assign):
                    kind = _class_of(code, parent.value, 0)
                found.append((attr, kind))
    return found
