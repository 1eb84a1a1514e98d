"""Objects that are made alike again, though one would do for all."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.fixed import is_fixed
from workbench.opportunity.loops import is_same_each_round
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.questions import ONCE, is_kept
from workbench.opportunity.reading import FunctionCode
from workbench.opportunity.values import is_frozen, is_value_class
from workbench.python.repeatable import MUTABLE_RESULTS

_LAZY = ast.Await | ast.Yield | ast.GeneratorExp | ast.NamedExpr | ast.Lambda


def values_made_again(code: FunctionCode) -> Iterator[Match]:
    """Find objects that are made of constants, or of what is the same on each round.

    Their class is one of which nobody changes an object once it is made.
    """
    if code.node.name in ONCE:
        return
    for call in code.calls:
        made = code.made_class(call)
        if made is None or code.is_rare(call) or is_kept(code, call):
            continue
        module, name = made
        when = _when_alike(code, call)
        if not when or not is_value_class(module, name) or _is_part_of_one(code, call):
            continue
        is_work = f"{name}.__init__" in module.functions  # else making one costs next to nothing
        if is_frozen(module.classes[name]) or (is_work and _stays_here(code, call)):
            seen = f"{code.text(call)} is made anew {when}, always alike"
            yield match_of(call, seen, ("__init__", "__new__", "__post_init__"))


def _when_alike(code: FunctionCode, call: ast.Call) -> str:
    """Say when a call makes the same as before; empty where it may not."""
    if _is_made_of_constants(code, call):
        return "at each call"
    given = [*call.args, *(k.value for k in call.keywords)]
    loops = code.loops(call)
    is_plain = not any(isinstance(n, ast.Call | _LAZY) for part in given for n in ast.walk(part))
    is_open = any(isinstance(part, ast.Starred) for part in given)
    if loops and is_plain and not is_open and is_same_each_round(code, call, loops[-1]):
        return "on each round"
    return ""


def _is_made_of_constants(code: FunctionCode, call: ast.Call) -> bool:
    for part in [*call.args, *(k.value for k in call.keywords)]:
        is_value = isinstance(part, ast.Call) and code.made_class(part) is not None
        if is_value and isinstance(part, ast.Call):
            module, name = code.made_class(part) or (code.module, "")
            if not is_value_class(module, name) or not _is_made_of_constants(code, part):
                return False
            continue
        value = code.only_value(part.id) if isinstance(part, ast.Name) else part
        if isinstance(value, MUTABLE_RESULTS) or not is_fixed(code, part):
            return False
        if isinstance(value, ast.Call) and code.called(value) in ("list", "dict", "set", "sorted"):
            return False
    return True


def _is_part_of_one(code: FunctionCode, call: ast.Call) -> bool:
    """Whether an object is made for another that is told of itself."""
    parent = code.parents[call]
    outer = code.parents[parent] if isinstance(parent, ast.keyword) else parent
    is_value = isinstance(outer, ast.Call) and code.made_class(outer) is not None
    return is_value and isinstance(outer, ast.Call) and bool(_when_alike(code, outer))


def _stays_here(code: FunctionCode, call: ast.Call) -> bool:
    """Whether an object is only asked, by its methods and attributes, where it is made."""
    match code.parents[call]:
        case ast.Attribute(ctx=ast.Load()):
            return True
        case ast.Call(func=func):
            return func is call
        case ast.Assign(targets=[ast.Name(id=name)]) if len(code.bound.get(name, ())) == 1:
            return bool(code.loads.get(name)) and all(
                isinstance(part := code.parents[use], ast.Attribute)
                and isinstance(part.ctx, ast.Load)
                for use in code.loads[name]
            )
    return False
