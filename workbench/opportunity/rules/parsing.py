"""Work on constants at each call, and the same text parsed again and again."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from workbench.opportunity.fixed import chain_of, is_fixed
from workbench.opportunity.loops import steady_loop
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import call_facts
from workbench.opportunity.questions import (
    ONCE,
    are_apart,
    is_constant,
    is_constant_name,
    is_kept,
    is_work,
)
from workbench.opportunity.reading import Comprehension, FunctionCode, last_name, targets_of

_SEARCHES = ("search", "match", "fullmatch", "findall", "finditer", "split", "sub", "subn")
_COMPILERS = {"re.compile": ("compile", "_compile"), "regex.compile": ()}
_MADE_OF_CONSTANTS = frozenset(
    {"string.Template", "struct.Struct", "operator.itemgetter", "operator.attrgetter"}
    | {"decimal.Decimal", "fractions.Fraction", "datetime.timedelta", "datetime.timezone"}
    | {"uuid.UUID", "ipaddress.ip_network", "ipaddress.ip_address", "zoneinfo.ZoneInfo"}
    | {"json.JSONEncoder", "json.JSONDecoder", "str.maketrans", "jinja2.Template", "frozenset"}
    | {"operator.methodcaller", "datetime.datetime.strptime", "datetime.datetime.fromisoformat"}
    | {"pathlib.Path", "collections.namedtuple"}
)
PARSERS = frozenset(
    {"json.loads", "json.load", "urllib.parse.urlparse", "urllib.parse.urlsplit", "ast.parse"}
    | {"urllib.parse.parse_qs", "urllib.parse.parse_qsl", "ast.literal_eval", "tomllib.loads"}
    | {"yaml.safe_load", "yaml.load", "datetime.datetime.strptime", "pickle.loads"}
    | {"datetime.datetime.fromisoformat", "datetime.date.fromisoformat", "csv.reader"}
    | {"xml.etree.ElementTree.fromstring", "email.message_from_string", "uuid.UUID"}
    | {"decimal.Decimal", "string.Template", "ipaddress.ip_address", "ipaddress.ip_network"}
    | {"struct.Struct", "json.JSONDecoder", "json.JSONEncoder", "dateutil.parser.parse"}
)
_TURNS = ("to_", "from_", "load", "parse", "read", "_load", "_parse", "_read", "__")
"""What functions begin with that turn what an object holds into something else, once."""
_MANY = 5
"""Members of a table from which on making it costs something."""
_FRAMES = {
    "json.loads": ("loads",),
    "datetime.datetime.strptime": ("_strptime_datetime",),
    "urllib.parse.urlparse": ("urlparse",),
    "urllib.parse.urlsplit": ("urlsplit",),
}


def constant_patterns(code: FunctionCode) -> Iterator[Match]:
    """Find regular expressions that are compiled, or looked up, at each call."""
    for call in code.calls:
        last = last_name(call.func)
        if (last != "compile" and last not in _SEARCHES) or not call.args:
            continue
        name = code.called(call)
        if code.is_rare(call):
            continue
        if name in _COMPILERS and not is_kept(code, call):
            where = "for each item" if code.loops(call) else "at each call"
            fixed = "a constant " if is_fixed(code, call.args[0]) else "a "
            if fixed == "a constant " or code.loops(call) or not _depends_on_input(code, call):
                seen = f"{code.text(call)} compiles {fixed}pattern {where}"
                yield _with_chain(code, call, match_of(call, seen, _COMPILERS[name]))
        elif name.startswith("re.") and last in _SEARCHES:
            if is_fixed(code, call.args[0]):
                seen = f"{code.text(call)} looks its constant pattern up at each call"
                yield _with_chain(code, call, match_of(call, seen, ("_compile",), own=True))
            elif code.loops(call) and _is_made_here(code, call.args[0]):
                seen = f"{code.text(call)} makes and compiles a pattern for each item"
                yield match_of(call, seen, ("_compile", "escape"))


def _with_chain(code: FunctionCode, call: ast.Call, match: Match) -> Match:
    """Return a match with the lines right above it that put its pattern together."""
    *chain, last = chain_of(code, call.args[0])
    line, frames = last.lineno, match.callees
    for stmt in reversed(chain if is_fixed(code, call.args[0]) else []):
        between = code.module.names.lines[stmt.end_lineno or stmt.lineno : line - 1]
        is_right_above = all(not told.strip() or told.strip()[0] == "#" for told in between)
        if not is_right_above or code.loops(stmt) != code.loops(last):
            break
        line = stmt.lineno
        frames += tuple(last_name(n.func) for n in ast.walk(stmt) if isinstance(n, ast.Call))
    if line == last.lineno:
        return match
    return match._replace(line=line, callees=tuple(dict.fromkeys(f for f in frames if f)))


def _is_made_here(code: FunctionCode, pattern: ast.expr) -> bool:
    """Whether a pattern is put together in the function, or is one of a constant list."""
    if not isinstance(pattern, ast.Name):
        return True
    loops = [loop for loop in code.loops(pattern) if isinstance(loop, ast.For | Comprehension)]
    heads = [loop.iter if isinstance(loop, ast.For) else loop.generators[0].iter
             for loop in loops if pattern.id in targets_of(loop)]  # fmt: skip
    return any(is_constant(code, head) for head in heads)


def constants_made(code: FunctionCode) -> Iterator[Match]:
    """Find values that are made of constants alone at each call."""
    for call in code.calls:
        is_maketrans = isinstance(call.func, ast.Attribute) and call.func.attr == "maketrans"
        if not (call.args or call.keywords) or is_kept(code, call) or code.is_rare(call):
            continue
        parts = [*call.args, *(k.value for k in call.keywords)]
        if not all(is_fixed(code, part) for part in parts):
            continue
        if isinstance(code.parents[call], ast.keyword):
            continue  # such as a key to sort by, which costs nothing beside what it is for
        name = "str.maketrans" if is_maketrans else code.called(call)
        if name in _MADE_OF_CONSTANTS or name in PARSERS:
            if name == "frozenset" and isinstance(parts[0], ast.Tuple | ast.List | ast.Set):
                continue
            yield match_of(call, f"{code.text(call)} is made of constants at each call")


def constant_tables(code: FunctionCode) -> Iterator[Match]:
    """Find tables of constants that a function makes anew at each call and only reads."""
    kinds = (ast.Dict, ast.Set, ast.List, ast.DictComp, ast.SetComp, ast.ListComp, ast.Call)
    for node in code.of(*kinds):
        if _table_size(code, node) < _MANY or code.is_rare(node):
            continue
        parent = code.parents[node]
        match parent:
            case ast.Assign(targets=[ast.Name(id=name)]) if len(code.bound.get(name, ())) == 1:
                uses = code.loads.get(name, [])
                if uses and all(code.scope.is_read(use) for use in uses):
                    yield match_of(node, f"{name}, a table of constants, is made at each call")
            case ast.Subscript(value=value) | ast.Attribute(value=value) if value is node:
                is_get = isinstance(parent, ast.Subscript) or parent.attr == "get"
                if is_get:
                    yield match_of(node, "a table of constants is made for each look-up")


def _table_size(code: FunctionCode, node: ast.AST) -> int:
    """Count the members of a table of constants; 0 for others."""
    match node:
        case ast.Dict(keys=keys, values=values):
            members = [*keys, *values]
            is_known = all(part and is_constant(code, part) for part in members)
            return len(keys) if is_known else 0
        case ast.Set(elts=elts) | ast.List(elts=elts):
            is_asked = isinstance(code.parents[node], ast.Compare)  # made once by the compiler
            return len(elts) if not is_asked and all(is_constant(code, e) for e in elts) else 0
        case ast.Call(func=ast.Name(id="set" | "frozenset" | "dict"), args=[ast.expr() as made]):
            if not code.called(node):
                return 0
            match made:
                case ast.Call(func=ast.Attribute(value=text, attr="split"), args=[]):
                    return _MANY if is_constant(code, text) else 0
            return _MANY if is_constant(code, made) and isinstance(made, ast.Name) else 0
        case ast.DictComp() | ast.SetComp() | ast.ListComp() if is_fixed(code, node):
            return _MANY
        case ast.DictComp(generators=[g]) | ast.SetComp(generators=[g]) if not g.is_async:
            used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            own = {n.id for n in ast.walk(g.target) if isinstance(n, ast.Name)}
            is_global = isinstance(g.iter, ast.Name | ast.Call)
            calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
            is_known = is_global and all(is_constant_name(code, name) for name in used - own)
            is_plain = all(isinstance(c.func, ast.Attribute) for c in calls)
            return _MANY if is_known and is_plain and used - own else 0
    return 0


def repeated_parsing(code: FunctionCode) -> Iterator[Match]:
    """Find what is parsed twice in a function, or alike on each round of a loop."""
    asked: dict[str, list[ast.Call]] = defaultdict(list)
    for call in code.calls:
        name = code.called(call) if call.args else ""
        if name not in PARSERS or isinstance(call.args[0], ast.Constant) or code.is_rare(call):
            continue
        frames = _FRAMES.get(name, ())
        if (loop := steady_loop(code, call)) is not None:
            seen = f"{code.text(call)} is the same on each round of the loop at line {loop.lineno}"
            yield match_of(call, seen, frames)
        elif _is_whole_attribute(code, call):
            seen = f"{code.text(call)} is parsed anew at each call"
            yield match_of(call, seen, frames)
        asked[ast.unparse(call)].append(call)
    for told, calls in asked.items():
        first, *others = calls
        names = {n.id for n in ast.walk(first) if isinstance(n, ast.Name)}
        is_same = all(len(code.bound.get(name, ())) <= 1 for name in names)
        for call in others if is_same else []:
            if not are_apart(code, first, call):
                seen = f"{told} was already parsed at line {first.lineno}"
                yield match_of(call, seen, _FRAMES.get(code.called(call), ()))


def _is_whole_attribute(code: FunctionCode, call: ast.Call) -> bool:
    """Whether what is parsed is an attribute of the object that a method is of, or a file of it."""
    is_turned = code.node.name.startswith(_TURNS)
    if code.node.name in ONCE or not code.owner or is_turned or is_kept(code, call):
        return False
    is_setter = any(isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                    for node in code.nodes)  # fmt: skip
    match call.args[0]:
        case ast.Attribute(value=ast.Name(id="self")):
            return not is_setter
    return False


def files_read_again(code: FunctionCode) -> Iterator[Match]:
    """Find files that are read at each call of a function, though nothing says which anew."""
    if code.node.name in ONCE or code.node.decorator_list or code.qualname == "main":
        return
    for call in code.calls:
        if code.called(call) == "open" and call.args:
            place, mode = call.args[0], call.args[1:2]
            is_read = not mode or (isinstance(mode[0], ast.Constant) and "r" in str(mode[0].value))
        elif isinstance(call.func, ast.Attribute) and call.func.attr in ("read_text", "read_bytes"):
            place, is_read = call.func.value, True
        else:
            continue
        if is_read and _is_constant_place(code, place) and not is_kept(code, call):
            yield match_of(code.statement(call), f"{code.text(call)} reads a file at each call")


def _is_constant_place(code: FunctionCode, place: ast.expr) -> bool:
    """Whether a path is made of constants, globals and plain parameters such as a name."""
    names = [n for n in ast.walk(place) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    has_global = any(is_constant_name(code, n.id) for n in names)
    is_text = isinstance(place, ast.Constant)
    attributes = any(
        isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
        for n in ast.walk(place)
    )
    return (has_global or is_text) and not attributes


def constant_questions(code: FunctionCode) -> Iterator[Match]:
    """Find calls of the repository's own functions with constants alone, which read or compute."""
    for call in code.calls:
        parts = [*call.args, *(k.value for k in call.keywords)]
        if not parts or not all(isinstance(part, ast.Constant) for part in parts):
            continue
        if code.node.name in ONCE or code.is_rare(call) or is_kept(code, call):
            continue
        callee = code.callee(call)
        if callee is None or callee.owner or callee.node.decorator_list:
            continue
        if callee.node.name.strip("_") in ("", "gettext", "ngettext"):
            continue  # translations are looked up in the language of now
        facts = call_facts(code, call)
        if facts.io and facts.effect in ("", facts.io):
            seen = f"{code.text(call)} asks the same at each call, and reads: {facts.io}"
            yield match_of(call, seen, (callee.node.name,), own=False)
        elif not (facts.effect or facts.state) and is_work(callee):
            seen = f"{code.text(call)} computes the same at each call"
            yield match_of(call, seen, (callee.node.name,), own=False)


def literal_patterns(code: FunctionCode) -> Iterator[Match]:
    """Find regular expressions without any operator, where a method of texts does the same."""
    instead = {"sub": "replace", "split": "split", "search": "in", "match": "startswith"}
    for call in code.calls:
        if last_name(call.func) not in instead:
            continue
        pattern: str | None = None
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=[first, *_]):
                if code.called(call) in {f"re.{how}" for how in instead}:
                    is_plain = len(call.args) < 4 and not call.keywords
                    told = first.value if isinstance(first, ast.Constant) else None
                    pattern = told if isinstance(told, str) and is_plain else None
                else:
                    pattern = _compiled_pattern(code, name)
        if (
            pattern
            and re.escape(pattern) == pattern.replace(" ", r"\ ")
            and _is_yes_or_no(code, call)
        ):
            how = instead[last_name(call.func)]
            yield match_of(call, f"{code.text(call)}: the pattern is plain text, so `{how}` does")


def _is_yes_or_no(code: FunctionCode, call: ast.Call) -> bool:
    """Whether of a search it is only asked whether there is one; other uses of a match differ."""
    if last_name(call.func) in ("sub", "split"):
        replaced = call.args[1] if len(call.args) > 1 else None
        return last_name(call.func) == "split" or isinstance(replaced, ast.Constant | ast.Name)
    parent = code.parents[call]
    match parent:
        case ast.If() | ast.UnaryOp() | ast.BoolOp() | ast.While():
            return True
        case ast.Compare(comparators=[ast.Constant(value=None)]):
            return True
        case ast.Call(func=ast.Name(id="bool")):
            return True
    return (
        isinstance(parent, ast.comprehension | ast.IfExp)
        and parent is not None
        and (call in getattr(parent, "ifs", []) or getattr(parent, "test", None) is call)
    )


def _compiled_pattern(code: FunctionCode, name: str) -> str | None:
    match code.module.global_value(name) if name not in code.bound else None:
        case ast.Call(func=ast.Attribute(attr="compile"), args=[ast.Constant(value=str(text))]):
            return text
    return None


def _depends_on_input(code: FunctionCode, call: ast.Call) -> bool:
    names = {n.id for part in call.args for n in ast.walk(part) if isinstance(n, ast.Name)}
    return any(name in code.bound for name in names) or "self" in names
