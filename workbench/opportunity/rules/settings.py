"""Settings that are taken apart again for each item."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.questions import ONCE, is_kept, keeps_answers
from workbench.opportunity.reading import FunctionCode, last_name, targets_of
from workbench.opportunity.rules.parsing import PARSERS, repeated_parsing
from workbench.python.syntax import root_name

_HOLDERS = ("settings", "config", "flags", "conf", "configuration")
_READERS = frozenset(
    {"setting", "get_setting", "config", "get_config", "flag", "get_flag", "getenv", "env"}
    | {"feature", "option", "get_option", "preference", "config_value", "setting_value"}
)
_SPLITS = frozenset({"split", "rsplit", "splitlines"})
_WRAPS = frozenset({"strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace", "decode"})
_CONTAINERS = frozenset({"set", "frozenset", "dict", "tuple", "list", "sorted", "map", "filter",
                         "collections.Counter", "collections.OrderedDict"})  # fmt: skip
_MAKES = frozenset({"set", "frozenset", "dict", "collections.Counter"})
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_ONCE = ("load", "read_", "parse_arg", "configure", "init", "setup", "create_", "build_", "make_",
         "from_env", "main")  # fmt: skip
"""What functions begin with that run when something begins."""
_MANY_SITES = 20
_DEPTH = 3


def settings_taken_apart(code: FunctionCode) -> Iterator[Match]:
    """Find settings that are split, parsed or made into containers at each call."""
    name = code.node.name
    if name in ONCE or name.lstrip("_").startswith(_ONCE) or not _is_called_often(code):
        return
    told: set[ast.AST] = set()
    for node in code.of(ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp):
        read = _taken_apart(code, node)
        if read is None or code.is_rare(node):
            continue
        whole = _whole(code, node)
        if whole not in told and not is_kept(code, whole):
            told.add(whole)
            seen = f"{code.text(whole)} is made anew of {code.text(read)}, always alike"
            match = match_of(whole, seen, _frames(whole, read))
            yield match._replace(line=_first_line(code, whole, read))


def parsed_again(code: FunctionCode) -> Iterator[Match]:
    """Find what is parsed twice, alike on each round of a loop, or at each call."""
    yield from repeated_parsing(code)
    yield from settings_taken_apart(code)


def _first_line(code: FunctionCode, whole: ast.AST, read: ast.expr) -> int:
    """Return the line on which a setting is read, where that is right above."""
    line: int = whole.lineno  # type: ignore[attr-defined]
    above = code.statement(read)
    is_near = above.lineno <= line <= (above.end_lineno or above.lineno) + 1
    return above.lineno if is_near and isinstance(above, ast.Assign | ast.AnnAssign) else line


def _taken_apart(code: FunctionCode, node: ast.AST) -> ast.expr | None:
    """Return the setting that a node splits, parses or gathers; None for other nodes."""
    match node:
        case ast.Call(func=ast.Attribute(value=text, attr=attr)) if attr in _SPLITS:
            return _setting(code, text)
        case ast.Call(args=[first, *_]):
            name = code.called(node)
            return _setting(code, first) if name in PARSERS | _MAKES | {"re.compile"} else None
        case ast.SetComp(generators=[part]) | ast.DictComp(generators=[part]):
            return _setting(code, part.iter)
    return None


def _setting(code: FunctionCode, expr: ast.expr, depth: int = _DEPTH) -> ast.expr | None:
    """Return the reading of a setting that an expression is, or a name of it."""
    if not depth:
        return None
    match expr:
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return _setting(code, first, depth)
        case ast.NamedExpr(value=value):
            return _setting(code, value, depth)
        case ast.Call(func=ast.Name(id="str"), args=[value]):
            return _setting(code, value, depth)
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in _WRAPS:
            return _setting(code, value, depth)
        case ast.Name(id=name):
            bound = code.only_value(name)
            return _setting(code, bound, depth - 1) if bound is not None else None
    return expr if _reads_setting(code, expr) else None


def _reads_setting(code: FunctionCode, expr: ast.expr) -> bool:
    match expr:
        case ast.Call(args=args, keywords=keywords):
            given = [*args, *(k.value for k in keywords)]
            is_named = bool(args) and all(_is_constant(part) for part in given)
            return is_named and _asks_setting(code, expr)
        case ast.Subscript(value=holder, slice=key, ctx=ast.Load()):
            return _is_constant(key) and _is_holder(code, holder)
        case ast.Attribute(value=holder, ctx=ast.Load()):
            return _is_holder(code, holder)
    return False


def _is_constant(node: ast.expr) -> bool:
    is_empty = isinstance(node, ast.List | ast.Tuple) and not node.elts
    is_capital = isinstance(node, ast.Name | ast.Attribute) and last_name(node).isupper()
    return is_empty or is_capital or isinstance(node, ast.Constant)


def _asks_setting(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a call asks for a setting by its name."""
    if code.called(call) in ("os.getenv", "os.environ.get"):
        return True
    first = call.args[0]
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    if not is_text and not isinstance(first, ast.Name | ast.Attribute):
        return False
    match call.func:
        case ast.Attribute(value=holder, attr=attr):
            is_own = attr not in _SPLITS | _WRAPS
            return is_own and (_is_holder(code, holder) or attr in _READERS - {"config", "env"})
        case ast.Name(id=name):
            return name.lstrip("_") in _READERS
    return False


def _is_holder(code: FunctionCode, holder: ast.expr) -> bool:
    """Whether a value holds settings by its name, and is not one item's of a loop."""
    if not isinstance(holder, ast.Name | ast.Attribute):
        return False
    root = root_name(holder)
    path = ast.unparse(holder)
    full = f"{code.module.imports.get(root, '')}{path.removeprefix(root)}"
    if full == "os.environ" and root not in code.bound:
        return True
    last_word = last_name(holder).lower().strip("_").rpartition("_")[2]
    heads = {target for loop in code.loops(holder) for target in targets_of(loop)}
    return last_word in _HOLDERS and bool(root) and root not in heads


def _whole(code: FunctionCode, node: ast.AST) -> ast.AST:
    """Return the largest expression that only makes a container or text of a node."""
    while True:
        parent = code.parents[node]
        match parent:
            case ast.comprehension(iter=items) if items is node:
                node = code.parents[parent]
                continue
            case ast.Call(args=[first, *_]) if first is node and _gathers(code, parent):
                pass
            case ast.Attribute(attr=attr) if attr in _SPLITS | _WRAPS:
                pass
            case ast.Call(func=func) if func is node and isinstance(node, ast.Attribute):
                if node.attr not in _SPLITS | _WRAPS:
                    return node
            case _:
                return node
        node = parent


def _gathers(code: FunctionCode, call: ast.Call) -> bool:
    return code.called(call) in _CONTAINERS | PARSERS


def _frames(whole: ast.AST, read: ast.expr) -> tuple[str, ...]:
    """Return the last names of what is called for it."""
    calls = [n for part in (whole, read) for n in ast.walk(part) if isinstance(n, ast.Call)]
    return tuple(dict.fromkeys(last_name(call.func) for call in calls if last_name(call.func)))


def _is_called_often(code: FunctionCode, depth: int = _DEPTH) -> bool:
    """Whether a function is called for each of many: from a loop, or by what nobody here calls.

    What nobody in the repository calls, a framework does, as it does resolvers and handlers.
    """
    if keeps_answers(code):
        return False
    named = code.module.codebase.index.sites.get(code.node.name, ())
    sites = [s for s in named[:_MANY_SITES] if s.code is not code]
    sites = [s for s in sites if s.code.callee(s.call) is code or len(named) == 1]
    if not sites:
        is_property = any(ast.unparse(d) == "property" for d in code.node.decorator_list)
        return is_property or bool(code.parameters)
    return any(
        site.code.loops(site.call)
        or (depth > 0 and site.code.node.name not in ONCE
            and _is_called_often(site.code, depth - 1))
        for site in sites
    )  # fmt: skip
