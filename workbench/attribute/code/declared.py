"""How functions, classes and namespaces are named in the nodes of a syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from workbench.attribute.code.written import MOST_DEPTH

Reader = Callable[[Any], str]


def _field(node: Any, name: str, text: Reader) -> str:
    child = node.child_by_field_name(name)
    return text(child) if child else ""


def scope_name(node: Any, text: Reader) -> str:
    """Return the name that a class, namespace or object gives; empty for none."""
    match node.type:
        case "impl_item":
            return _rust_type(node.child_by_field_name("type"), text)
        case "object_creation_expression" | "enum_constant":
            return ""
        case "anonymous_class":
            return "class@anonymous"
        case "variable_declarator" | "pair":
            return _target(_field(node, "name", text) or _field(node, "key", text))
        case "assignment_expression":
            name = _target(_field(node, "left", text))
            return "" if name == "module.exports" else name
    name = _plain(_field(node, "name", text))
    return name if _SCOPE.fullmatch(name) else ""


_SCOPE = re.compile(r"(?!(?:namespace|class|struct)$)[\w:$\\]+")
"""What is named otherwise comes of a macro that the grammar takes for something else."""


def function_name(node: Any, text: Reader) -> str:
    """Return the name of a function within what it is in; empty for one that has none."""
    match node.type:
        case "function_definition" if node.child_by_field_name("declarator"):
            return _c_name(node.child_by_field_name("declarator"), text)
        case "method_declaration" if node.child_by_field_name("receiver"):
            receiver = _field(node, "receiver", text).strip("() \t").partition("[")[0]
            kind = receiver.split()[-1] if receiver else ""
            kind = f"(*{kind.split('*')[-1]})" if "*" in receiver else kind
            return f"{kind}.{_field(node, 'name', text)}"
        case "constructor_declaration" | "compact_constructor_declaration":
            return "<init>"
        case "static_initializer":
            return "<clinit>"
        case "variable_declarator" | "pair" | "assignment_expression":
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            own = _field(value, "name", text)
            targets = (_field(node, name, text) for name in ("name", "key", "left"))
            return own or _target(next(filter(None, targets), ""))
        case "field_definition":
            return _field(node, "property", text)
        case "method_definition":
            return _field(node, "name", text).strip("'\"")
        case "export_statement":
            return "default"
    return _field(node, "name", text)


_EXPORTS = re.compile(r"^(?:module\.exports|exports|this)\.")


def _target(text: str) -> str:
    """Return what something is assigned to as a name; empty where that is none."""
    text = _EXPORTS.sub("", text.strip("'\"")).replace(".prototype.", ".")
    return text if re.fullmatch(r"[\w$#.\-]+", text) else ""


def _rust_type(node: Any, text: Reader) -> str:
    """Return the last name of a type, without lifetimes, references and parameters."""
    while node is not None:
        inner = node.child_by_field_name("type") or node.child_by_field_name("name")
        if inner is None or node.type not in {
            "generic_type", "scoped_type_identifier", "reference_type", "pointer_type",
        }:  # fmt: skip
            return _plain(text(node))
        node = inner
    return ""


_C_NAMES = {
    "identifier", "field_identifier", "qualified_identifier", "destructor_name", "operator_name",
    "operator_cast", "template_function", "type_identifier", "template_method",
}  # fmt: skip


def _c_name(node: Any, text: Reader) -> str:
    """Return the name in a declarator: `*(*ns::f<int>(void))(int)` is `ns::f`."""
    for _ in range(MOST_DEPTH):
        if node is None:
            return ""
        if node.type in _C_NAMES:
            return _plain(text(node))
        inner = node.child_by_field_name("declarator")
        node = inner or next((c for c in reversed(node.named_children)), None)
    return ""


_OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|\"\"\s*\w+|[^\w\s(]+|[^(]+)")


def _plain(name: str) -> str:
    """Drop type parameters, arguments and spaces."""
    operator = _OPERATOR.search(name)
    tail = " ".join(operator.group().split()) if operator else ""
    head = name[: operator.start()] if operator else name
    return re.sub(r"\s+", "", without_brackets(head, "<", ">")) + tail


def without_brackets(text: str, opening: str, closing: str) -> str:
    """Drop what stands between brackets, and these."""
    if opening not in text:
        return text
    kept, depth = [], 0
    for char in text:
        depth += char == opening
        if not depth:
            kept.append(char)
        depth = max(0, depth - (char == closing))
    return "".join(kept)


_RUST_CRATES = {"tests", "benches", "examples", "bin"}
_RUST_ROOTS = {"lib", "main", "mod", "build"}


def rust_module(path: str) -> str:
    """Return the module that a file is, with `::` behind it; empty for the root of a crate."""
    folders, stem = list(PurePosixPath(path).parts[:-1]), PurePosixPath(path).stem
    if "src" in folders:
        folders = folders[len(folders) - folders[::-1].index("src") :]
    elif folders:
        folders = []
        stem = "lib" if PurePosixPath(path).parts[-2] in _RUST_CRATES else stem
    if folders[:1] == ["bin"]:
        return ""
    parts = folders if stem in _RUST_ROOTS else [*folders, stem]
    return "".join(f"{part}::" for part in parts)
