"""Import once, when the module is loaded, and not each time a function runs."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence

from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.circles import Find, Modules
from workbench.python.callees import names_in
from workbench.python.scope import ModuleNames
from workbench.python.syntax import FunctionNode, bound_names, find_functions, parse_source


def _find_nothing(_path: str) -> str | None:
    return None


def import_at_top(
    source: str, qualname: str, file: str = "", find: Find = _find_nothing
) -> str | None:
    """Move the imports of a function to the top of its module.

    Where the module that is imported loads this one in turn, the names of it are not there yet when
    it is imported: the module is imported in place of them, `from package import module`, and they
    are `module.name` where they are used.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    file : str
        Path of the file in its repository, by which modules of its package are known.
    find : callable
        Gives the text of a file of the repository by its path, None where there is none.

    Returns
    -------
    str or None
        The text with nothing else altered; None where the function imports nothing, a name is
        bound to something else in the module, an error of the import is caught, or a circle of
        imports could not be loaded.
    """
    tree = parse_source(source)
    modules = Modules(file, find)
    for function in find_functions(tree, qualname):
        edit = _Rising(source, tree, modules)
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom):
                edit.lift(node)
        if edited := edit.rewrite.code():
            return edited
    return None


class _Rising:
    def __init__(self, source: str, tree: ast.Module, modules: Modules) -> None:
        self.rewrite, self.tree, self.modules = Rewrite(source), tree, modules
        self.parents = ModuleNames(source, tree).parents

    def lift(self, node: ast.Import | ast.ImportFrom) -> None:
        """Move one import of a function up, in the form in which it can be loaded there."""
        if self._is_attempt(node):
            return
        circle = self.modules.circle(node)
        if self.modules.may_break(circle):
            return
        is_found = bool(self.modules.named(node))
        may_turn_back = bool(circle) or (self.modules.is_own(node) and not is_found)
        if may_turn_back and isinstance(node, ast.ImportFrom) and self._takes_names(node):
            self._lift_module(node)
        elif _may_rise(self.tree, node):
            self.rewrite.replace_statement(node)
            self.rewrite.add_import(self.rewrite.text(node))

    def _above(self, node: ast.AST) -> list[ast.AST]:
        found: list[ast.AST] = []
        while node in self.parents:
            node = self.parents[node]
            found.append(node)
        return found

    def _is_attempt(self, node: ast.AST) -> bool:
        """Whether the import may fail, or is not for every platform."""
        for parent in self._above(node):
            if isinstance(parent, ast.Try):
                return True
            if isinstance(parent, ast.If):
                test = ast.unparse(parent.test)
                if any(word in test for word in ("platform", "os.name", "version_info")):
                    return True
        return False

    def _takes_names(self, node: ast.ImportFrom) -> bool:
        """Whether something that it imports is no module."""
        loads = self.modules.named(node)
        return not loads or any(load.takes_names for load in loads)

    def _lift_module(self, node: ast.ImportFrom) -> None:
        """Import the module at the top, and take the names from it where they are used."""
        owner = next(part for part in self._above(node) if isinstance(part, FunctionNode))
        package, _, module = (node.module or "").rpartition(".")
        names = {alias.asname or alias.name: alias.name for alias in node.names}
        uses = [part for part in ast.walk(owner) if isinstance(part, ast.Name) and part.id in names]
        is_own = all(bound_names(owner)[name] == 1 for name in names) and "*" not in names
        if not module or not is_own or not self._are_editable(uses):
            return
        if not self._is_module(node, package, module):
            return
        code = f"from {'.' * node.level}{package} import {module}"
        if not package and not node.level:
            code = f"import {module}"
        free = self._free(module, code, owner)
        self.rewrite.add_import(code if free == module else f"{code} as {free}")
        self.rewrite.replace_statement(node)
        for use in uses:
            self.rewrite.replace(use, f"{free}.{names[use.id]}")

    def _are_editable(self, uses: Sequence[ast.Name]) -> bool:
        return all(isinstance(use.ctx, ast.Load) for use in uses) and not any(
            isinstance(parent, ast.JoinedStr) for use in uses for parent in self._above(use)
        )

    def _is_module(self, node: ast.ImportFrom, package: str, module: str) -> bool:
        """Whether all is taken from it, and its package has nothing else of its name."""
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        if any(self.modules.locate(name, node.level) for name in inner):
            return False
        path = self.modules.locate(package, node.level) if package or node.level else None
        if path is None:
            return True
        return not any(
            bound_names(stmt)[module] and not _imports_part(stmt, module)
            for stmt in parse_source(self.modules.text(path) or "").body
            if not isinstance(stmt, FunctionNode | ast.ClassDef) or stmt.name == module
        )

    def _free(self, module: str, code: str, owner: FunctionNode) -> str:
        """Return a name for the module that means nothing else in this one."""
        is_there = any(self.rewrite.text(stmt) == code for stmt in self.tree.body)
        is_one = bound_names(self.tree)[module] == 1
        if is_there and is_one and not bound_names(owner)[module]:
            return module
        taken = names_in(self.tree)
        numbered = (f"{module}_module_{n}" for n in itertools.count(2))
        wanted = itertools.chain([module, f"{module}_module"], numbered)
        return next(name for name in wanted if name not in taken)


def _imports_part(stmt: ast.stmt, module: str) -> bool:
    """Whether a statement of a package imports its own module of a name."""
    match stmt:
        case ast.ImportFrom(module=None, level=1, names=names):
            return any(alias.name == module and not alias.asname for alias in names)
    return False


def _may_rise(tree: ast.Module, node: ast.Import | ast.ImportFrom) -> bool:
    """Whether what it imports means nothing else in the module."""
    names = bound_names(node)
    in_module = bound_names(tree)
    imports = [
        other for other in ast.walk(tree)
        if isinstance(other, ast.Import | ast.ImportFrom) and bound_names(other) & names
    ]  # fmt: skip
    is_one = len({ast.dump(other) for other in imports}) == 1
    return is_one and all(in_module[name] == len(imports) for name in names)
