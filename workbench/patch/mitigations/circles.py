"""Which files of a repository a module loads, and whether they load it in turn."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from workbench.python.syntax import FunctionNode, bound_names, parse_source

Find = Callable[[str], str | None]
"""Path of a file -> its text; None where there is none."""


class Load(NamedTuple):
    """A file that another loads."""

    path: str
    takes_names: bool
    """Whether what it defines is needed at once: that it was only begun to load is not enough."""


class Modules:
    """The modules of a repository, as seen from one of its files.

    Parameters
    ----------
    home : str
        Path of the file.
    find : callable
        Gives texts of files.
    """

    def __init__(self, home: str, find: Find) -> None:
        self.home, self._find = home, find
        self._texts: dict[str, str | None] = {}
        self._loads: dict[str, list[Load]] = {}

    def text(self, path: str) -> str | None:
        """Return the text of a file; None where there is none."""
        if path not in self._texts:
            self._texts[path] = self._find(path)
        return self._texts[path]

    def locate(self, module: str, level: int = 0, origin: str = "") -> str | None:
        """Return the path of the module that an import names; None where it is none of these.

        Parameters
        ----------
        module, level
            As `ast` has them: `a.b`, and how many dots stand before it.
        origin : str
            Path of the file that imports it; by default the one from which all is seen.
        """
        folder = PurePosixPath(origin or self.home).parent
        parts = [part for part in module.split(".") if part]
        if level:
            roots = [folder, *folder.parents][level - 1 : level]
        elif parts[0] in sys.stdlib_module_names:
            return None
        else:
            roots = [*_roots(folder, parts[0]), PurePosixPath("src"), PurePosixPath()]
            if self.text(f"{folder}/__init__.py") is None:
                roots.insert(0, folder)  # of scripts that lie side by side
        for root in roots:
            place = root.joinpath(*parts)
            paths = [f"{place}/__init__.py".removeprefix("./")]
            paths += [f"{place}.py"] if parts else []
            found = next((path for path in paths if self.text(path) is not None), None)
            if found:
                return found
        return None

    def is_own(self, node: ast.ImportFrom | ast.Import) -> bool:
        """Whether an import surely names the package in which the file is."""
        if isinstance(node, ast.Import):
            return False
        root = (node.module or "").partition(".")[0]
        return node.level > 0 or root in PurePosixPath(self.home).parent.parts

    def named(self, node: ast.stmt, origin: str = "") -> list[Load]:
        """Return what one import loads."""
        match node:
            case ast.Import(names=aliases):
                names = [alias.name for alias in aliases]
                return [load for name in names for load in self._along(name, 0, origin)]
            case ast.ImportFrom(module=module, level=level, names=aliases):
                found: list[Load] = []
                for alias in aliases:
                    inner = ".".join(part for part in (module, alias.name) if part)
                    part = self.locate(inner, level, origin)
                    found += self._along(module or "", level, origin, takes_names=part is None)
                    found += [Load(part, False)] if part else []
                return found
        return []

    def _along(
        self, module: str, level: int, origin: str, takes_names: bool = False
    ) -> Iterator[Load]:
        """Yield a module, and the packages that it is in: they are loaded first."""
        parts = module.split(".")
        for n in range(1, len(parts)):
            path = self.locate(".".join(parts[:n]), level, origin)
            if path and path not in self.above():
                yield Load(path, False)
        path = self.locate(module, level, origin)
        if path:
            yield Load(path, takes_names)

    def above(self) -> set[str]:
        """Return the packages that the file is in: they began to load before it did."""
        parents = PurePosixPath(self.home).parents
        return {f"{folder}/__init__.py".removeprefix("./") for folder in parents}

    def _loaded_by(self, path: str) -> list[Load]:
        if path not in self._loads:
            tree = parse_source(self.text(path) or "", path)
            loads = []
            for stmt in _run_at_once(tree.body):
                if isinstance(stmt, ast.Import | ast.ImportFrom):
                    is_used = _is_used_at_once(tree, set(bound_names(stmt)))
                    loads += [
                        Load(load.path, load.takes_names or is_used)
                        for load in self.named(stmt, path)
                    ]
            self._loads[path] = loads
        return self._loads[path]

    def circle(self, node: ast.stmt) -> list[tuple[str, Load]]:
        """Return who loads whom on all ways from what an import loads back to the file."""
        pending = [load.path for load in self.named(node)]
        loads: dict[str, list[Load]] = {}
        while pending:
            path = pending.pop()
            if path != self.home and path not in loads:
                loads[path] = self._loaded_by(path)
                pending += [load.path for load in loads[path]]
        back, size = {self.home}, 0
        while size != len(back):
            size = len(back)
            back |= {p for p, found in loads.items() if any(load.path in back for load in found)}
        return [(p, load) for p in loads for load in loads[p] if p in back and load.path in back]

    def may_break(self, circle: list[tuple[str, Load]]) -> bool:
        """Whether somebody in a circle needs at once what another defines."""
        return any(load.takes_names and path not in self.above() for path, load in circle)


def _roots(folder: PurePosixPath, package: str) -> list[PurePosixPath]:
    """Return the folders above a file in which a package of a name may lie."""
    return [part.parent for part in (folder, *folder.parents) if part.name == package]


def _run_at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when a module is loaded."""
    for stmt in body:
        yield stmt
        if isinstance(stmt, ast.If) and "TYPE_CHECKING" in ast.unparse(stmt.test):
            yield from _run_at_once(stmt.orelse)
        elif not isinstance(stmt, FunctionNode):
            inner = [part for part in ast.iter_child_nodes(stmt) if isinstance(part, ast.stmt)]
            handlers = getattr(stmt, "handlers", [])
            yield from _run_at_once([*inner, *(s for handler in handlers for s in handler.body)])


def _is_used_at_once(tree: ast.Module, names: set[str]) -> bool:
    """Whether names are looked at when the module is loaded: not in functions, nor annotations."""
    return any(_looks_at(stmt, names) for stmt in tree.body)


def _looks_at(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names and isinstance(node.ctx, ast.Load)
    children: list[ast.AST] = [*ast.iter_child_nodes(node)]
    if isinstance(node, FunctionNode):
        children = [*node.decorator_list, node.args, *([node.returns] if node.returns else [])]
    if isinstance(node, ast.Lambda):
        children = [node.args]
    return any(_looks_at(child, names) for child in children)
