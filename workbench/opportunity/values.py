"""Classes of which two objects made alike are as good as one: nobody can, or does, change them."""

from __future__ import annotations

import ast

from workbench.opportunity.codebase import ModuleCode
from workbench.opportunity.purity import facts_of
from workbench.opportunity.reading import last_name
from workbench.python.repeatable import MUTATORS
from workbench.python.syntax import FunctionNode

_MARKERS = frozenset({"object", "Protocol", "Generic", "ABC"})
_STEADY_FACTORIES = frozenset({"tuple", "frozenset", "str", "int", "float", "bytes", "bool"})
_FILLED_LATER = frozenset({"list", "dict", "set", "defaultdict", "deque", "Counter", "OrderedDict",
                           "bytearray", "StringIO", "BytesIO"})  # fmt: skip
_DEPTH = 4


def is_value_class(module: ModuleCode, name: str, depth: int = _DEPTH) -> bool:
    """Whether objects of a class stay as they were made, and are made alike of the same."""
    made = module.classes[name]
    if not depth or not _makes_alike(module, name):
        return False
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in made.bases]
    others = [base for base in bases if last_name(base) not in _MARKERS | {"NamedTuple"}]
    if any(last_name(base) == "NamedTuple" for base in bases):
        return not others
    if not all(_is_value_base(module, base, depth) for base in others):
        return False
    if made.decorator_list:
        return is_frozen(made) and all(map(_is_steady_default, made.body))
    return _is_left_alone(module, name)


def _is_value_base(module: ModuleCode, base: ast.expr, depth: int) -> bool:
    found = module.class_named(base)
    return found is not None and is_value_class(*found, depth - 1)


def is_frozen(made: ast.ClassDef) -> bool:
    """Whether nobody can set a field of a class: a tuple with names, or a frozen dataclass."""
    if any(last_name(base) == "NamedTuple" for base in made.bases):
        return True
    match made.decorator_list:
        case [ast.Call(func=func, keywords=keywords)] if last_name(func) == "dataclass":
            told = {k.arg: k.value for k in keywords}
            frozen = told.get("frozen")
            return isinstance(frozen, ast.Constant) and frozen.value is True
        case [ast.Call(func=func)] | [ast.Attribute() | ast.Name() as func]:
            return last_name(func) == "frozen"
    return False


def _is_steady_default(stmt: ast.stmt) -> bool:
    match stmt:
        case ast.AnnAssign(value=ast.Call(keywords=keywords)):
            factories = [k.value for k in keywords if k.arg in ("default_factory", "factory")]
            return all(last_name(factory) in _STEADY_FACTORIES for factory in factories)
    return True


def _makes_alike(module: ModuleCode, name: str) -> bool:
    """Whether making an object does nothing else, and depends on nothing but what it is given."""
    for part in ("__init__", "__post_init__", "__new__"):
        if code := module.functions.get(f"{name}.{part}"):
            facts = facts_of(code)
            fills_itself = facts.effect == "object.__setattr__(…)"
            is_own = not facts.state or facts.state.startswith("self.")
            if facts.io or not is_own or not (fills_itself or not facts.effect):
                return False
    return True


def _is_left_alone(module: ModuleCode, name: str) -> bool:
    """Whether neither methods nor others change what an object of a class was made with."""
    made = module.classes[name]
    fields: set[str] = set()
    for stmt in made.body:
        if isinstance(stmt, FunctionNode):
            inside = list(ast.walk(stmt))
            if stmt.name == "__init__":
                fields |= {attr for node in inside if (attr := _own_field(node))}
                if any(_is_filled_later(node) for node in inside):
                    return False
            elif any(_changes_self(node) for node in inside):
                return False
        elif not isinstance(stmt, ast.Pass | ast.Expr | ast.AnnAssign | ast.Assign):
            return False
    return not fields & module.codebase.index.stored


def _own_field(node: ast.AST) -> str:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()):
            return attr
    return ""


def _is_filled_later(node: ast.AST) -> bool:
    """Whether an object is given a container of its own that is still empty."""
    match node:
        case (
            ast.Assign(targets=[ast.Attribute()], value=value)
            | ast.AnnAssign(target=ast.Attribute(), value=value)
        ):
            is_empty = isinstance(value, ast.List | ast.Set) and not value.elts
            is_empty = is_empty or (isinstance(value, ast.Dict) and not value.keys)
            called = last_name(value.func) if isinstance(value, ast.Call) else ""
            return is_empty or called in _FILLED_LATER
    return False


def _changes_self(node: ast.AST) -> bool:
    match node:
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            return "self" in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        case ast.Call(
            func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self")), attr=attr)
        ):
            return attr in MUTATORS
        case ast.Call(func=ast.Name(id="setattr" | "next" | "vars")):
            return True
    return False
