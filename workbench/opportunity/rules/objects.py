"""Imports, functions, classes and locks that are made or taken for each call or item."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.questions import ONCE, is_constant, is_kept
from workbench.opportunity.reading import FunctionCode, names_in, targets_of
from workbench.opportunity.rules.alike import values_made_again

_MAKERS = frozenset({"functools.partial", "operator.itemgetter", "operator.attrgetter",
                     "operator.methodcaller", "collections.namedtuple", "typing.NamedTuple",
                     "dataclasses.make_dataclass", "re.compile", "json.JSONEncoder",
                     "string.Template", "datetime.timedelta", "decimal.Context"})  # fmt: skip
_FEW_TYPES = 4


def imports_in_functions(code: FunctionCode) -> Iterator[Match]:
    """Find imports that run when a function is called."""
    if code.node.name in ONCE or code.node.name == "__getattr__":
        return
    for node in code.of(ast.Import, ast.ImportFrom):
        if code.is_rare(node):
            continue
        where = "on each round" if code.loops(node) else "at each call"
        frames = ("_handle_fromlist", "_find_and_load", "parent", "import_module")
        yield match_of(node, f"`{code.text(node)}` runs {where}", frames)


def made_per_item(code: FunctionCode) -> Iterator[Match]:
    """Find helpers that are made on each round of a loop though nothing of the round is in them."""
    yield from values_made_again(code)
    for node in code.of(ast.Call, ast.FunctionDef, ast.ClassDef):
        loops = code.loops(node)
        if isinstance(node, ast.ClassDef):
            if code.node.name not in ONCE and _is_used_alone(code, node):
                yield match_of(node, f"class {node.name} is made at each call of {code.node.name}")
            continue
        if isinstance(node, ast.Call):
            name = code.called(node)
            is_class = name in (
                "collections.namedtuple",
                "typing.NamedTuple",
                "dataclasses.make_dataclass",
            )
            if is_class and not loops and not is_kept(code, node) and _is_constant_call(code, node):
                yield match_of(node, f"{code.text(node)} makes a class at each call")
                continue
            if name not in _MAKERS or name == "re.compile" or not (node.args or node.keywords):
                continue
        if not loops or code.is_rare(node) or not _is_steady(code, node, loops[-1]):
            continue
        told = f"def {node.name}" if isinstance(node, ast.FunctionDef) else code.text(node)
        yield match_of(node, f"`{told}` is made anew on each round, always alike")


def _is_constant_call(code: FunctionCode, call: ast.Call) -> bool:
    return all(is_constant(code, part) for part in call.args)


def _is_used_alone(code: FunctionCode, node: ast.ClassDef) -> bool:
    """Whether a class is made of nothing that its function is given, and is not what it returns."""
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - {node.name}
    is_closed = bool(read & set(code.bound))
    uses = code.loads.get(node.name, [])
    is_called = all(
        isinstance(code.parents[use], ast.Call) and code.parents[use].func is use  # type: ignore[attr-defined]
        for use in uses
    )
    return bool(uses) and not is_closed and is_called and not node.decorator_list


def _is_steady(code: FunctionCode, node: ast.AST, loop: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return is_same_each_round(code, node, loop)  # type: ignore[arg-type]
    own = {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
    own |= {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    bound = {
        n.id for n in ast.walk(loop) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return not (names_in(node) - own) & (bound | targets_of(loop))  # type: ignore[arg-type]


def locks_per_item(code: FunctionCode) -> Iterator[Match]:
    """Find locks that are taken on each round of a loop."""
    for node in code.of(ast.With):
        assert isinstance(node, ast.With)
        for item in node.items:
            words = ast.unparse(item.context_expr).lower()
            is_lock = "lock" in words.rpartition(".")[2] or "mutex" in words or "semaphore" in words
            loops = code.loops(node)
            if not is_lock or not loops or isinstance(loops[-1], ast.While):
                continue
            if is_same_each_round(code, item.context_expr, loops[-1]) and not _waits(node):
                head = item.context_expr
                yield match_of(head, f"`with {code.text(head)}` is taken on each round")
    for call in code.calls:
        match call.func:
            case ast.Attribute(value=lock, attr="acquire") if code.loops(call):
                loop = code.loops(call)[-1]
                is_lock = "lock" in ast.unparse(lock).lower() and not isinstance(loop, ast.While)
                if is_lock and is_same_each_round(code, lock, loop):
                    yield match_of(call, f"{code.text(call)} is taken on each round")


def _waits(node: ast.With) -> bool:
    """Whether what is done under the lock is long enough that taking it is little."""
    return any(
        isinstance(n, ast.For | ast.While | ast.Await | ast.Yield | ast.Try) for n in ast.walk(node)
    )


def dispatch_chains(code: FunctionCode) -> Iterator[Match]:
    """Find long chains of tests of one value, where a table could tell what to do."""
    for node in code.of(ast.If):
        parent = code.parents[node]
        if isinstance(parent, ast.If) and parent.orelse == [node]:
            continue  # a link of a chain
        subjects, kinds, last = _chain(node)  # type: ignore[arg-type]
        if len(subjects) >= _FEW_TYPES and len(set(subjects)) == 1 and len(set(kinds)) == 1:
            if code.is_rare(node):
                continue
            seen = f"{len(subjects)} tests of {subjects[0]}, one after the other"
            yield Match(node.lineno, last, seen, ("__instancecheck__", "__subclasscheck__"))  # type: ignore[attr-defined]
    for call in code.calls:
        match call:
            case ast.Call(
                func=ast.Name(id="getattr"), args=[_, ast.JoinedStr() | ast.BinOp() as name, *_]
            ):
                if code.loops(call) and not is_same_each_round(code, name, code.loops(call)[-1]):
                    yield match_of(call, f"{code.text(call)} puts a name together on each round")


def _chain(node: ast.If) -> tuple[list[str], list[str], int]:
    """Return of an `if … elif …` chain what is tested, how, and the line of the last test."""
    subjects, kinds, last = [], [], node.lineno
    link: ast.stmt = node
    while isinstance(link, ast.If):
        match link.test:
            case ast.Call(func=ast.Name(id="isinstance"), args=[subject, _]):
                subjects.append(ast.unparse(subject))
                kinds.append("isinstance")
            case ast.Compare(left=subject, ops=[ast.Eq()], comparators=[ast.Constant()]):
                subjects.append(ast.unparse(subject))
                kinds.append("==")
            case _:
                break
        last = link.test.end_lineno or last
        link = link.orelse[0] if len(link.orelse) == 1 else ast.Pass()
    return subjects, kinds, last
