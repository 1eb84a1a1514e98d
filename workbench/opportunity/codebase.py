"""Files of a repository, each parsed once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property

from workbench.errors import PatchError
from workbench.opportunity.index import Index
from workbench.opportunity.reading import FunctionCode
from workbench.opportunity.receivers import method_of
from workbench.python.scope import ModuleNames, imported_as
from workbench.python.syntax import parse_source

_DEPTH = 3
"""Packages through which a name may be handed on."""


class Codebase:
    """Files of a repository, parsed when a rule asks for them.

    Parameters
    ----------
    read_source : callable
        Path -> text; None for what is not in the repository.
    paths : iterable of str
        Files that `index` is made of; others are read when one of them imports them.
    """

    def __init__(self, read_source: Callable[[str], str | None], paths: Iterable[str] = ()) -> None:
        self._read = read_source
        self._modules: dict[str, ModuleCode | None] = {}
        self._paths = list(dict.fromkeys(paths))

    @cached_property
    def index(self) -> Index:
        """What is found in all files at once."""
        return Index(module for path in self._paths if (module := self.module(path)))

    def module(self, path: str) -> ModuleCode | None:
        """Return a file; None where there is none that parses."""
        if path not in self._modules:
            text = self._read(path)
            self._modules[path] = None
            if text is not None:
                with suppress(PatchError):  # it is no Python of this interpreter
                    self._modules[path] = ModuleCode(path, text, self)
        return self._modules[path]

    def method_of(self, code: FunctionCode, func: ast.Attribute) -> FunctionCode | None:
        """Return the method that is called of a value, where it is told of which class it is."""
        return method_of(code, func)

    def imported(
        self, dotted: str, importer: str, depth: int = _DEPTH
    ) -> tuple[ModuleCode, str] | None:
        """Find the file of the repository that has an imported name, and its name there.

        A package that only hands a name on is not where it is.
        """
        found = self._imported(dotted, importer)
        if found is None or not depth:
            return found
        module, name = found
        handed_on = "" if module.defines(name) else module.imports.get(name, "")
        return (self.imported(handed_on, module.path, depth - 1) if handed_on else None) or found

    def _imported(self, dotted: str, importer: str) -> tuple[ModuleCode, str] | None:
        module, _, name = dotted.rpartition(".")
        for root in _roots(importer, module):
            for path in (f"{root}{module.replace('.', '/')}.py",
                         f"{root}{module.replace('.', '/')}/__init__.py"):  # fmt: skip
                found = self.module(path) if module else None
                if found:
                    return found, name
        return None


def _roots(importer: str, module: str) -> list[str]:
    """Return the folders from which a file may import a module, the likeliest first."""
    top = module.partition(".")[0]
    folders = importer.split("/")[:-1]
    known = ["/".join(folders[:i]) + "/" for i, name in enumerate(folders) if name == top and i]
    return [*known, ""] if folders[:1] != [top] else [""]


class ModuleCode:
    """One file."""

    def __init__(self, path: str, source: str, codebase: Codebase) -> None:
        self.path, self.source, self.codebase = path, source, codebase
        self.tree = parse_source(source, path)
        self.names = ModuleNames(source, self.tree)
        self.functions: dict[str, FunctionCode] = {}
        self.classes: dict[str, ast.ClassDef] = {}
        self.fields: dict[str, dict[str, tuple[ModuleCode, str]]] = {}
        """Class -> fields and their classes, as far as that was asked (`receivers`)."""
        self._define(self.tree.body, "", None)

    def _define(self, body: list[ast.stmt], prefix: str, owner: ast.ClassDef | None) -> None:
        for node in body:
            match node:
                case ast.ClassDef():
                    self.classes[prefix + node.name] = node
                    self._define(node.body, f"{prefix}{node.name}.", node)
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    name = prefix + node.name
                    self.functions[name] = FunctionCode(self, node, name, owner)
                    self._define(node.body, f"{name}.<locals>.", None)
                case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                    for part in ast.iter_child_nodes(node):
                        inner = part.body if isinstance(part, ast.ExceptHandler) else [part]
                        self._define([s for s in inner if isinstance(s, ast.stmt)], prefix, owner)

    @cached_property
    def imports(self) -> dict[str, str]:
        """Global that is bound once, by an import -> what it is in full."""
        found = {}
        for name, bound in self.names.globals.items():
            match bound:
                case [ast.Import() | ast.ImportFrom() as stmt] if stmt in self.tree.body:
                    if full := imported_as(self._in_full(stmt), name):
                        found[name] = full
        return found

    def _in_full(self, stmt: ast.Import | ast.ImportFrom) -> ast.Import | ast.ImportFrom:
        """Return an import that begins with dots as one that does not."""
        if isinstance(stmt, ast.Import) or not stmt.level:
            return stmt
        folders = self.path.split("/")[: -stmt.level]
        module = ".".join([*folders, *([stmt.module] if stmt.module else [])])
        return ast.ImportFrom(module, stmt.names, 0) if module else stmt

    def class_named(self, named: ast.expr) -> tuple[ModuleCode, str] | None:
        """Return the class of the repository that an expression of the module names."""
        told = ast.unparse(named)
        if told in self.classes:
            return self, told
        root, _, rest = told.partition(".")
        full = self.imports.get(root, "")
        dotted = f"{full}.{rest}" if full and rest else full
        found = self.codebase.imported(dotted, self.path) if "." in dotted else None
        return found if found and found[1] in found[0].classes else None

    def defines(self, name: str) -> bool:
        """Whether a function or class of the file has a name."""
        return name in self.functions or name in self.classes

    def global_value(self, name: str) -> ast.expr | None:
        """Return what a global is bound to, where that is one plain assignment."""
        match self.names.globals.get(name):
            case [ast.Assign(targets=[ast.Name()], value=value)]:
                return value
            case [ast.AnnAssign(value=ast.expr() as value)]:
                return value
        return None
