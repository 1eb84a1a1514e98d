"""Make once, when the module is loaded, what a function makes of constants at each call."""

from __future__ import annotations

import ast

from workbench.patch.editing.each import first_edit
from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.constants import (
    Local,
    choose,
    constant_name,
    find_fixed_locals,
    free_name,
    is_table,
    may_be_caught,
    names_in,
    reads_of,
    renamed,
    taken_names,
    with_comments,
)
from workbench.python.constants import Texts
from workbench.python.fixed import Fixed
from workbench.python.results import MADE_ONCE
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, parse_source, split_lines

_SEARCHES = {
    "search": ("string",), "match": ("string",), "fullmatch": ("string",), "findall": ("string",),
    "finditer": ("string",), "split": ("string", "maxsplit"), "sub": ("repl", "string", "count"),
    "subn": ("repl", "string", "count"),
}  # fmt: skip
"""Functions of `re` that take a pattern first, and what a compiled one takes."""


def precompile(source: str, qualname: str, others: Texts = tuple) -> str | None:
    """Compile constant patterns, and make other constants, when the module is loaded.

    Locals that are made of constants, one of another, move to the module as a whole.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.
    others : callable
        Gives the texts of the other files.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    return first_edit(source, qualname, _Maker, others)


class _Maker:
    def __init__(
        self, source: str, tree: ast.Module, function: FunctionNode, others: Texts
    ) -> None:
        self.scope = Scope(source, tree, function)
        self.rewrite = Rewrite(source)
        self.top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
        self.function = function
        self.fixed = Fixed(self.scope, tree.body.index(self.top), others)
        self.locals = find_fixed_locals(self.scope, self.fixed)
        self.known = {name: local.kind for name, local in self.locals.items()}
        self.taken = taken_names(tree)
        self.moved: dict[str, str] = {}
        """Locals that move to the module -> their names there."""
        self.names: dict[str, str] = {}

    def code(self) -> str | None:
        nodes = [node for stmt in self.function.body for node in ast.walk(stmt)]
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        needed = {name for call in calls for part in self._parts(call) for name in names_in(part)}
        chosen = choose(self.locals, needed & set(self.locals))
        for name in chosen:
            self.moved[name] = free_name(constant_name(self.function.name, name), self.taken)
        made = [self._move(name, local) for name, local in chosen.items()]
        moved = {id(node) for local in chosen.values() for node in ast.walk(local.value)}
        for call in calls:
            if id(call) not in moved and not self._is_part_of_other(call):
                self._take(call)
        for node in nodes:
            if isinstance(node, ast.Dict) and id(node) not in moved and self._is_asked(node):
                self.rewrite.replace(node, self._name(self._text(node), "table"))
        made += [f"{name} = {text}\n" for text, name in self.names.items()]
        if made:
            self.rewrite.insert_before(self.top, *made)
        edited = self.rewrite.code()
        return edited if edited and self._has_moved_all(edited) else None

    def _is_asked(self, table: ast.Dict) -> bool:
        """Whether a table of constants is written out where it is asked for one of its values."""
        is_constant = is_table(table) and bool(self.fixed.kind(table, {}).element)
        parent = self.scope.parents[table]
        is_receiver = isinstance(parent, ast.Subscript | ast.Attribute) and parent.value is table
        return is_constant and is_receiver and self.scope.is_read(table)

    def _has_moved_all(self, edited: str) -> bool:
        """Whether no use of what was moved is left: places in texts are not always told rightly."""
        named = [n.id for n in ast.walk(parse_source(edited)) if isinstance(n, ast.Name)]
        own = [n.id for n in ast.walk(self.function) if isinstance(n, ast.Name)]
        before = [n.id for n in ast.walk(self.scope.tree) if isinstance(n, ast.Name)]
        return all(named.count(x) == before.count(x) - own.count(x) for x in self.moved)

    def _move(self, name: str, local: Local) -> str:
        """Take a local out of the function, and return the constant in place of it."""
        self.rewrite.replace_statement(local.bound)
        for use in reads_of(name, self.function):
            self.rewrite.replace(use, self.moved[name])
        code = f"{self.moved[name]} = {self._text(local.value)}"
        return with_comments(self.rewrite.source, local.bound, code)

    def _text(self, node: ast.expr) -> str:
        """Return the text of a node, with names of the module for those that move there."""
        text = self.rewrite.text(node)
        is_closed = isinstance(node, ast.Call | ast.List | ast.Set | ast.Dict)
        text = text if is_closed or len(split_lines(text)) == 1 else f"({text})"
        return renamed(text, self.moved) if names_in(node) & set(self.moved) else text

    def _is_part_of_other(self, node: ast.Call) -> bool:
        """Whether it is in a call that is taken as a whole."""
        return any(
            isinstance(parent, ast.Call) and self._made_once(parent)
            for parent in self.scope.ancestors(node)
        )

    def _parts(self, call: ast.Call) -> list[ast.expr]:
        """Return what a constant in place of a call is made of; nothing where there is none."""
        if self._made_once(call):
            return [*call.args, *(k.value for k in call.keywords)]
        flags = [k.value for k in call.keywords if k.arg == "flags"]
        parts = [*call.args[:1], *flags]
        return parts if self._searches(call) and all(map(self._is_constant, parts)) else []

    def _searches(self, call: ast.Call) -> str:
        """Name the function of `re` that is called as one of a compiled pattern could be."""
        called = self.scope.called(call.func, call)
        search = called.removeprefix("re.") if called.startswith("re.") else ""
        known = _SEARCHES.get(search, ())
        others = {k.arg for k in call.keywords} - {"flags"}
        # with `from re import search` there is no name for `compile`
        is_plain = isinstance(call.func, ast.Attribute) and call.args and others <= set(known)
        return search if known and is_plain and len(call.args) - 1 <= len(known) else ""

    def _take(self, call: ast.Call) -> None:
        if not self._parts(call):
            return
        if self._made_once(call):
            self.rewrite.replace(
                call, self._name(self._text(call), ast.unparse(call.func).split(".")[-1])
            )
            return
        search, text = self._searches(call), self._text
        told = ", ".join(map(text, self._parts(call)))
        name = self._name(f"{text(call.func).rpartition('.')[0]}.compile({told})", "pattern")
        arguments = [text(part) for part in call.args[1:]]
        arguments += [f"{k.arg}={text(k.value)}" for k in call.keywords if k.arg != "flags"]
        self.rewrite.replace(call, f"{name}.{search}({', '.join(arguments)})")

    def _made_once(self, call: ast.Call) -> bool:
        called = self.scope.called(call.func, call)
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func) == "str.maketrans":
            called = "str.maketrans"
        parts = [*call.args, *(k.value for k in call.keywords)]
        is_sure = called != "zoneinfo.ZoneInfo" or not may_be_caught(self.scope, call)
        is_known = called in MADE_ONCE and is_sure
        return is_known and bool(parts) and all(map(self._is_constant, parts))

    def _is_constant(self, node: ast.expr) -> bool:
        """Whether it is made of literals, of what the module binds once, above, and of locals."""
        return bool(self.fixed.kind(node, self.known).name)

    def _name(self, text: str, kind: str) -> str:
        """Return the name of a new constant, one for each text."""
        if text not in self.names:
            kind = "pattern" if kind == "compile" else kind
            self.names[text] = free_name(constant_name(self.function.name, kind), self.taken)
        return self.names[text]
