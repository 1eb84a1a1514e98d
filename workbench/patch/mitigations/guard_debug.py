"""Work for a line of a log only where the line is wanted."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterable

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.loggers import FLAGS, Loggers
from workbench.python.scope import Scope
from workbench.python.silent import is_silent
from workbench.python.syntax import FunctionNode, blocks

_LEVELS = {"debug": "DEBUG", "info": "INFO"}
_ONCE = frozenset({"Iterator", "Iterable", "Generator", "IO", "TextIO", "BinaryIO"})
_ITERATORS = frozenset({"iter", "map", "filter", "zip", "reversed", "enumerate", "open"})


def guard_debug(
    source: str, qualname: str, others: Callable[[], Iterable[str]] = tuple
) -> str | None:
    """Ask a logger whether it wants a line before the line is made.

    Only where making it calls something, without effects as far as names tell: other lines cost
    next to nothing. What is computed just above, for the line alone, is made with it. A logger of
    one's own is asked where its class has both `debug` and what tells whether it is wanted.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files, in which loggers may be defined.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    return first_edit(source, qualname, _Guards, others)


class _Guards:
    def __init__(
        self, source: str, tree: ast.Module, function: FunctionNode,
        others: Callable[[], Iterable[str]],
    ) -> None:  # fmt: skip
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.function, self.tree = function, tree
        self.loggers = Loggers(self.scope, others)

    def code(self) -> str | None:
        for node in ast.walk(self.function):
            for block in blocks(node):
                for i, stmt in enumerate(block):
                    match stmt:
                        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=level)) as call) if (
                            level in _LEVELS and not _is_guarded(self.scope, stmt)
                        ):
                            self._guard(self._made_for(stmt, block[:i]), call)
        return self.rewrite.code()

    def _made_for(self, line: ast.stmt, above: list[ast.stmt]) -> list[ast.stmt]:
        """Return a line with the assignments just above that only it needs."""
        made = [line]
        for stmt in reversed(above):
            match stmt:
                case ast.Assign(targets=[ast.Name() as target], value=value):
                    is_own = self.scope.bound(self.function)[target.id] == 1
                    inside = {node for part in made for node in ast.walk(part)} | {target}
                    uses = [
                        node for node in ast.walk(self.function)
                        if isinstance(node, ast.Name) and node.id == target.id
                    ]  # fmt: skip
                    if is_own and inside.issuperset(uses) and self._may_wait(value):
                        made.insert(0, stmt)
                        continue
            break
        return made

    def _guard(self, made: list[ast.stmt], call: ast.Call) -> None:
        assert isinstance(call.func, ast.Attribute)
        parts = [*call.args, *(keyword.value for keyword in call.keywords)]
        earlier = [stmt.value for stmt in made if isinstance(stmt, ast.Assign)]
        if not any(map(_is_dear, [*parts, *earlier])) or not all(map(self._may_wait, parts)):
            return
        if any(map(_has_long_text, made)):
            return
        logging = _name_of_logging(self.tree)
        logger, level = call.func.value, _LEVELS[call.func.attr]
        asked = self.loggers.asked(logger, self.rewrite.text(logger), level, logging)
        if not asked:
            return
        lines = "\n".join(map(self.rewrite.flush_text, made))
        self.rewrite.replace_statement(made[0], f"if {asked}:\n{textwrap.indent(lines, '    ')}\n")
        for stmt in made[1:]:
            self.rewrite.replace_statement(stmt)
        if f"{logging}.{level}" in asked and not _imports_logging(self.tree):
            self.rewrite.add_import("import logging")

    def _may_wait(self, node: ast.expr) -> bool:
        """Whether nobody misses it where it is not made: no effect, and no iterator moved on."""
        names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
        return is_silent(node, self.scope, node) and not any(map(self._moves_on, names))

    def _moves_on(self, name: ast.Name) -> bool:
        match self.scope.binding(name.id, name):
            case ast.arg(annotation=ast.expr() as annotation):
                root = annotation.value if isinstance(annotation, ast.Subscript) else annotation
                return ast.unparse(root).rpartition(".")[2] in _ONCE
            case ast.Assign(value=ast.Call(func=func) as value):
                return self.scope.called(func, value) in _ITERATORS
            case ast.Assign(value=ast.GeneratorExp()):
                return True
        return False


def _imports_logging(tree: ast.Module) -> bool:
    return any(
        alias.name == "logging"
        for node in tree.body
        if isinstance(node, ast.Import)
        for alias in node.names
    )


def _name_of_logging(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "logging":
                    return alias.asname or "logging"
    return "logging"


def _is_dear(node: ast.expr) -> bool:
    """Whether making it calls something."""
    kinds = ast.Call | ast.ListComp | ast.SetComp | ast.DictComp
    return any(isinstance(part, kinds) for part in ast.walk(node))


def _has_long_text(stmt: ast.stmt) -> bool:
    """Whether a text in it goes over several lines, which cannot be indented."""
    return any(
        isinstance(part, ast.Constant | ast.JoinedStr) and part.lineno != part.end_lineno
        for part in ast.walk(stmt)
    )


def _is_guarded(scope: Scope, node: ast.stmt) -> bool:
    """Whether it is asked above whether the line is wanted."""
    child: ast.AST = node
    for parent in scope.ancestors(node):
        if isinstance(parent, ast.If) and _asks(parent.test):
            return True
        for block in blocks(parent):
            if child in block and any(
                isinstance(stmt, ast.If) and _asks(stmt.test)
                for stmt in block[: block.index(child)]
            ):
                return True
        if parent is scope.function:
            return False
        child = parent
    return False


def _asks(test: ast.expr) -> bool:
    names = {part.attr for part in ast.walk(test) if isinstance(part, ast.Attribute)}
    return not names.isdisjoint({*FLAGS, "getEffectiveLevel"})
