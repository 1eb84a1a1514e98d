"""What is found in all files at once: methods by name, who calls what, functions for many."""

from __future__ import annotations

import ast
import io
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from workbench.opportunity.answers import is_list_annotation
from workbench.opportunity.reading import last_name

if TYPE_CHECKING:
    from workbench.opportunity.codebase import ModuleCode
    from workbench.opportunity.reading import FunctionCode

_SUFFIXES = ("{}_many", "many_{}", "{}_all", "{}_batch", "batch_{}", "bulk_{}", "{}_bulk", "{}s")
"""What the function for many is called beside that for one; the last where it loads something."""
_LOADERS = frozenset(
    {"fetch", "get", "load", "read", "find", "query", "lookup", "select", "request", "ask"}
    | {"resolve", "retrieve", "download"}
)
_COMMON = frozenset(
    name
    for kind in (str, bytes, list, dict, set, tuple, int, float, io.StringIO, io.BytesIO)
    for name in dir(kind)
)
"""Methods that values of builtin types have: a call of one says nothing of whose it is."""


class CallSite(NamedTuple):
    """Where a function is called."""

    code: FunctionCode
    call: ast.Call


class Index:
    """Answers about some files of a repository."""

    def __init__(self, modules: Iterable[ModuleCode]) -> None:
        self.modules = list(modules)

    @cached_property
    def methods(self) -> dict[str, FunctionCode]:
        """Name -> the only method of the files that has it, where no builtin type has one."""
        found: dict[str, list[FunctionCode]] = defaultdict(list)
        for module in self.modules:
            for code in module.functions.values():
                if code.owner is not None:
                    found[code.node.name].append(code)
        return {n: one[0] for n, one in found.items() if len(one) == 1 and n not in _COMMON}

    @cached_property
    def properties(self) -> dict[str, FunctionCode]:
        """Name -> the only property of the files that has it, where no attribute does."""
        found: dict[str, list[FunctionCode]] = defaultdict(list)
        stored: set[str] = set()
        for module in self.modules:
            for node in ast.walk(module.tree):
                match node:
                    case ast.Attribute(attr=attr, ctx=ast.Store()):
                        stored.add(attr)
                    case ast.AnnAssign(target=ast.Name(id=name)):
                        stored.add(name)
            for code in module.functions.values():
                if any(ast.unparse(d) == "property" for d in code.node.decorator_list):
                    found[code.node.name].append(code)
        return {n: one[0] for n, one in found.items() if len(one) == 1 and n not in stored}

    @cached_property
    def bases(self) -> frozenset[str]:
        """Last names of the classes that others inherit."""
        return frozenset(
            last_name(base)
            for module in self.modules
            for made in module.classes.values()
            for base in made.bases
        )

    @cached_property
    def stored(self) -> frozenset[str]:
        """Attributes that are bound on other objects than the `self` of a method."""
        return frozenset(
            node.attr
            for module in self.modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
            if not (isinstance(node.value, ast.Name) and node.value.id == "self")
        )

    @cached_property
    def listed(self) -> dict[str, bool]:
        """Field -> whether every class that annotates one of the name says that it is a list."""
        found: dict[str, bool] = {}
        for module in self.modules:
            for made in module.classes.values():
                for stmt in made.body:
                    match stmt:
                        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                            is_list = is_list_annotation(annotation)
                            found[name] = found.get(name, True) and is_list
        return found

    @cached_property
    def sites(self) -> dict[str, list[CallSite]]:
        """Last name of what is called -> where."""
        found: dict[str, list[CallSite]] = defaultdict(list)
        for module in self.modules:
            for code in module.functions.values():
                for call in code.calls:
                    match call.func:
                        case ast.Name(id=name) | ast.Attribute(attr=name):
                            found[name].append(CallSite(code, call))
        return found

    @cached_property
    def batched(self) -> dict[str, str]:
        """Name of a function for one -> name of that for many which stands beside it."""
        pairs: dict[str, str] = {}
        for module in self.modules:
            beside: dict[str, dict[str, FunctionCode]] = defaultdict(dict)
            for qualname, code in module.functions.items():
                beside[qualname.rpartition(".")[0]][code.node.name] = code
            for defined in beside.values():
                for name, one in defined.items():
                    if name in _COMMON:
                        continue
                    is_loader = name.lstrip("_").partition("_")[0] in _LOADERS
                    ways = _SUFFIXES if is_loader else _SUFFIXES[:-1]
                    many = next((s.format(name) for s in ways if s.format(name) in defined), "")
                    if many and one.parameters and takes_many(defined[many]) > takes_many(one):
                        pairs[name] = many
        return pairs


def takes_many(code: FunctionCode) -> bool:
    """Whether one of the parameters holds many things, by its annotation or its name."""
    kinds = ("Iterable", "Sequence", "Collection", "list", "List", "tuple", "set", "Set")
    for argument in (*code.node.args.posonlyargs, *code.node.args.args):
        words = ast.unparse(argument.annotation) if argument.annotation else ""
        name = argument.arg
        if any(kind in words for kind in kinds):
            return True
        if not words and name.endswith("s") and not name.endswith("ss") and name != "cls":
            return True
    return False
