"""Whether annotations name what can be hashed and cannot be changed."""

from __future__ import annotations

import ast

_HASHABLE = frozenset(
    {"str", "int", "float", "bool", "bytes", "None", "date", "datetime", "Decimal"}
    | {"Enum", "UUID", "Path"}
)


def is_hashable(annotation: ast.expr | None) -> bool:
    """Whether an annotation names what can be hashed and cannot be changed; False for none."""
    match annotation:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return is_hashable(left) and is_hashable(right)
        case ast.Constant(value=None):
            return True
        case ast.Subscript(
            value=ast.Name(id="tuple" | "Tuple" | "frozenset" | "Optional"), slice=inner
        ):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return all(is_hashable(part) for part in parts if not _is_ellipsis(part))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _HASHABLE
    return False


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
