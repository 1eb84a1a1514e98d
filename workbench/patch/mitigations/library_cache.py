"""Keep what functions of the standard library made of the same texts."""

from __future__ import annotations

import ast
import re

from workbench.patch.editing.rewrite import Rewrite
from workbench.patch.mitigations.add_cache import SIZE, name_of_functools
from workbench.patch.mitigations.constants import free_name, taken_names
from workbench.python.fixed import Fixed
from workbench.python.scope import Scope
from workbench.python.syntax import FunctionNode, find_functions, parse_source, root_name

_REFUSING = frozenset(
    {"datetime.datetime.fromisoformat", "datetime.date.fromisoformat"}
    | {"datetime.time.fromisoformat", "datetime.datetime.strptime", "unicodedata.normalize"}
)
"""What raises a TypeError for all that is no text, as a cache does for what has no hash."""
_OF_TEXT = frozenset(
    {"urllib.parse.urlsplit", "urllib.parse.urlparse", "urllib.parse.quote"}
    | {"urllib.parse.unquote", "urllib.parse.quote_plus", "urllib.parse.unquote_plus"}
    | {"decimal.Decimal", "fractions.Fraction", "uuid.UUID", "html.unescape", "html.escape"}
    | {"ipaddress.ip_address", "ipaddress.ip_network", "ipaddress.ip_interface"}
    | {"ipaddress.IPv4Address", "ipaddress.IPv6Address", "ipaddress.IPv4Network"}
    | {"ipaddress.IPv6Network", "email.utils.parsedate_to_datetime"}
)
"""What takes other things than texts too; of a text it gives the same each time."""
_FORMAT = re.compile(r"(?:[^%]|%[YmdHMSfjyzIUWwGVu%])*")
"""Formats of `strptime` that mean the same in every locale and time zone."""


def cache_library_calls(source: str, qualname: str) -> str | None:
    """Keep the answers of known functions that make something of a text.

    A bounded `functools.lru_cache` of each stands above the function. What they give cannot be
    changed, and depends on the text alone, not on the clock, the locale or a database of zones.

    Parameters
    ----------
    source : str
        Text of one file.
    qualname : str
        `name`, `Cls.method` or `outer.<locals>.inner`.

    Returns
    -------
    str or None
        The text with nothing else altered; None when nothing qualifies.
    """
    tree = parse_source(source)
    found = find_functions(tree, qualname)
    return _Keeper(source, tree, found[0]).code() if len(found) == 1 else None


class _Keeper:
    def __init__(self, source: str, tree: ast.Module, function: FunctionNode) -> None:
        self.scope, self.rewrite = Scope(source, tree, function), Rewrite(source)
        self.tree, self.function = tree, function
        self.top = next(stmt for stmt in tree.body if function in ast.walk(stmt))
        self.fixed = Fixed(self.scope, tree.body.index(self.top))
        self.taken = taken_names(tree)
        self.names: dict[str, str] = {}

    def code(self) -> str | None:
        nodes = [node for stmt in self.function.body for node in ast.walk(stmt)]
        calls = [node for node in nodes if isinstance(node, ast.Call) and self._is_kept(node)]
        for call in sorted(calls, key=lambda call: self.rewrite.span(call)):
            self.rewrite.replace(call.func, self._name(call.func))
        if not self.names:
            return None
        functools = name_of_functools(self.tree)
        made = f"{functools}.lru_cache(maxsize={SIZE})"
        named = [f"{name} = {made}({function})\n" for function, name in self.names.items()]
        self.rewrite.insert_before(self.top, *named)
        if functools == "functools":
            self.rewrite.add_import("import functools")
        return self.rewrite.code()

    def _is_kept(self, call: ast.Call) -> bool:
        """Whether a call asks a known function about texts that are not always the same."""
        called = self.scope.called(call.func, call)
        if not self.fixed.is_bound_above(root_name(call.func)) or call.keywords or not call.args:
            return False
        if any(isinstance(part, ast.Starred) for part in call.args) or self._is_constant(call):
            return False
        if called == "datetime.datetime.strptime":
            return len(call.args) == 2 and self._is_plain_format(call.args[1])
        texts = [self.scope.infer(part, call).name == "str" for part in call.args]
        return called in _REFUSING or (called in _OF_TEXT and all(texts))

    def _is_constant(self, call: ast.Call) -> bool:
        return all(self.fixed.kind(part, {}).name for part in call.args)

    def _is_plain_format(self, node: ast.expr) -> bool:
        told = self.scope.infer(node, node).value
        return isinstance(told, str) and _FORMAT.fullmatch(told) is not None

    def _name(self, function: ast.expr) -> str:
        """Return the name of what keeps the answers of a function."""
        text = self.rewrite.text(function)
        if text not in self.names:
            stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.rpartition(".")[2]).lower()
            self.names[text] = free_name(f"_cached_{stem}", self.taken)
        return self.names[text]
