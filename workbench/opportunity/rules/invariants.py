"""Work in a loop that comes to the same on each round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.index import CallSite
from workbench.opportunity.loops import is_same_each_round, steady_loop
from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.purity import STEADY_MODULES, facts_of
from workbench.opportunity.questions import is_work
from workbench.opportunity.reading import FunctionCode, Loop, last_name, names_in, targets_of

_SCANS = frozenset({"sorted", "sum", "max", "min", "set", "frozenset", "list", "tuple", "dict"})
_READS = frozenset(
    {"has_flag", "is_enabled", "is_on", "get_setting", "getenv", "get_config", "flag", "setting"}
    | {"switch", "is_active", "get_flag", "feature_enabled"}
)
_HOLDERS = frozenset({"settings", "config", "flags", "conf", "configuration", "options", "environ"})
_CLOCKS = frozenset({"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today",
                     "time.time", "time.strftime", "time.localtime", "time.gmtime"})  # fmt: skip
_CHEAP_MODULES = frozenset({"math", "operator", "datetime", "itertools", "functools", "collections",
                            "posixpath"})  # fmt: skip
_GETTERS = frozenset({"get", "number", "word", "switch", "value", "read", "lookup", "getint",
                      "getboolean", "get_int", "get_bool"})  # fmt: skip
_MANY_SITES = 20
"""Of more call sites it is not asked what each gives."""
_CLOCK_TEXT = frozenset({"strftime", "strptime", "fromisoformat", "astimezone"})
_KINDS = (
    ast.For
    | ast.AsyncFor
    | ast.Lambda
    | ast.ListComp
    | ast.SetComp
    | ast.DictComp
    | ast.GeneratorExp
)


def invariant_calls(code: FunctionCode) -> Iterator[Match]:
    """Find pure calls in a loop whose arguments are the same on each round."""
    for call in code.calls:
        loop = _loop_of(code, call)
        if loop is None or code.is_rare(call) or _is_short_circuit(code, call, loop):
            continue
        name = code.called(call)
        is_pure = False
        frames: tuple[str, ...] = (last_name(call.func),)
        if callee := code.callee(call):
            facts = facts_of(callee)
            is_state_same = not facts.state or (
                facts.state.startswith("self.") and _leaves_self_alone(code, loop)
            )
            is_kept = any("cache" in ast.unparse(d) for d in callee.node.decorator_list)
            is_pure = not facts.effect and is_state_same and is_work(callee) and not is_kept
        elif name in _SCANS or name == "collections.Counter":
            is_one = len(call.args) == 1 or name in ("sorted", "sum")
            has_item = is_one and not isinstance(call.args[0], ast.Constant)
            has_item = has_item and not _may_differ(code, call.args[0])
            is_pure = bool(has_item) and not _is_fresh_container(code, call)
            frames = ()
        elif name and "." in name:
            module = name.rpartition(".")[0]
            is_pure = module in STEADY_MODULES and module not in _CHEAP_MODULES
            is_pure = is_pure and name not in ("copy.copy", "copy.deepcopy", "re.compile")
        if is_pure:
            seen = f"{code.text(call)} is the same on each round of the loop at line {loop.lineno}"
            yield match_of(call, seen, frames, own=not code.callee(call))


def _may_differ(code: FunctionCode, items: ast.expr) -> bool:
    """Whether what is gone through is computed by calls that are not known."""
    calls = [node for node in ast.walk(items) if isinstance(node, ast.Call)]
    return any(code.called(call) not in ("abs", "len", "float", "int", "round") for call in calls)


def properties_in_loops(code: FunctionCode) -> Iterator[Match]:
    """Find properties that compute the same on each round of a loop."""
    properties = code.module.codebase.index.properties
    for node in code.of(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        found = properties.get(node.attr)
        if found is None or not isinstance(node.ctx, ast.Load) or not code.loops(node):
            continue
        loop = steady_loop(code, node)
        facts = facts_of(found)
        is_steady = facts.state.startswith("self.") or not facts.state
        if loop is None or facts.effect or not is_steady or not is_work(found) or found is code:
            continue
        if _leaves_self_alone(code, loop) and not code.is_rare(node):
            seen = f"{code.text(node)}, a property, computes the same on each round"
            yield match_of(node, seen, (node.attr,), own=False)


def invariant_in_helper(code: FunctionCode) -> Iterator[Match]:
    """Find pure calls of a helper that loops call, of what is the same on each of their rounds."""
    named = code.module.codebase.index.sites.get(code.node.name, ())
    if len(named) > _MANY_SITES:
        return
    sites = [s for s in named if s.code is not code and s.code.callee(s.call) is code]
    if not sites or not all(site.code.loops(site.call) for site in sites):
        return
    steady = set.intersection(*(_steady_parameters(code, site) for site in sites))
    for call in code.calls:
        used = names_in(call) & set(code.bound)
        if not used or not used <= steady or code.is_rare(call) or not (call.args or call.keywords):
            continue
        callee = code.callee(call)
        name = code.called(call)
        facts = facts_of(callee) if callee else None
        is_dear = name in ("sorted", "set", "frozenset", "sum", "collections.Counter", "re.compile")
        is_dear = is_dear and not any(isinstance(a, ast.GeneratorExp) for a in call.args)
        is_pure = facts is not None and not facts.effect and not facts.state
        if (is_pure and callee and is_work(callee)) or is_dear:
            site = sites[0]
            seen = (f"{code.text(call)} is the same for each item of the loop in "
                    f"{site.code.qualname} that calls {code.node.name}")  # fmt: skip
            yield match_of(call, seen, (last_name(call.func),) if callee else (), own=not callee)


def _steady_parameters(code: FunctionCode, site: CallSite) -> set[str]:
    """Return the parameters that are given the same on each round of the loop around a call."""
    loop = site.code.loops(site.call)[-1]
    given = dict(zip(code.parameters, site.call.args, strict=False))
    given |= {k.arg: k.value for k in site.call.keywords if k.arg}
    return {
        name for name, value in given.items()
        if len(code.bound.get(name, ())) == 1
        and not isinstance(value, ast.Starred)
        and not any(isinstance(n, ast.Call) for n in ast.walk(value))
        and is_same_each_round(site.code, value, loop)
    }  # fmt: skip


def _loop_of(code: FunctionCode, call: ast.Call) -> Loop | None:
    """Return the loop out of which a call could be taken."""
    if not code.loops(call) or not (call.args or call.keywords):
        return None
    loop = steady_loop(code, call)
    return loop if isinstance(loop, _KINDS | ast.While) and names_in(call) else None


def _is_short_circuit(code: FunctionCode, call: ast.AST, loop: Loop) -> bool:
    """Whether a call runs at most once, as the round in which it does ends the loop."""
    for parent in code.ancestors(call):
        if parent is loop:
            return False
        if isinstance(parent, ast.Return | ast.Raise | ast.Lambda):
            return True
        is_ending = isinstance(parent, ast.If) and isinstance(
            parent.body[-1], ast.Return | ast.Break
        )
        if is_ending and call not in set(ast.walk(parent.test)):  # type: ignore[attr-defined]
            return True
    return False


def _is_fresh_container(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a new container is wanted on each round, as it may be changed or kept."""
    if last_name(call.func) in ("sum", "max", "min", "tuple", "frozenset"):
        return False
    parent = code.parents[call]
    is_asked = isinstance(parent, ast.Compare) and call in parent.comparators
    is_counted = isinstance(parent, ast.Call) and last_name(parent.func) in (
        "len",
        "sum",
        "max",
        "min",
    )
    is_looped = isinstance(parent, ast.For | ast.comprehension) and parent.iter is call
    is_sorted = last_name(call.func) in ("sorted", "set", "frozenset")
    is_looked_up = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)
    return not (is_asked or is_counted or is_looked_up or (is_looped and is_sorted))


def _leaves_self_alone(code: FunctionCode, loop: Loop) -> bool:
    """Whether a loop calls nothing that may change the object."""
    for node in ast.walk(loop):
        match node:
            case ast.Call() as call:
                callee = code.callee(call)
                if callee is not None and facts_of(callee).effect:
                    return False
                is_statement = isinstance(code.parents[call], ast.Expr)
                if callee is None and is_statement and "self" in names_in(call.func):
                    return False
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                return False
    return True


def settings_in_loops(code: FunctionCode) -> Iterator[Match]:
    """Find settings, flags and variables of the environment that are read on each round."""
    for call in code.calls:
        loops = code.loops(call)
        if not loops or code.is_rare(call) or not call.args:
            continue
        if not all(isinstance(a, ast.Constant) or _is_capital(a) for a in call.args[:1]):
            continue
        name = code.called(call)
        is_env = name in ("os.getenv", "os.environ.get")
        is_read = last_name(call.func) in _READS or _is_of_holder(call.func)
        is_steady = (is_env or is_read) and is_same_each_round(code, call, loops[-1])
        if is_steady and not _is_short_circuit(code, call, loops[-1]):
            seen = f"{code.text(call)} is read on each round, and does not change in the loop"
            yield match_of(call, seen, (last_name(call.func), "__getitem__"), own=False)


def _is_capital(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id.isupper()


def _is_of_holder(func: ast.expr) -> bool:
    match func:
        case ast.Attribute(value=receiver, attr=attr):
            return attr in _GETTERS and last_name(receiver).lstrip("_") in _HOLDERS
    return False


def clocks_in_loops(code: FunctionCode) -> Iterator[Match]:
    """Find times that are asked for, parsed or written for each item."""
    for call in code.calls:
        name, loops = code.called(call), code.loops(call)
        if code.is_rare(call):
            continue
        if name == "datetime.datetime.strptime" and (loops or _is_iso(call)):
            seen = f"{code.text(call)} reads its pattern each time; `fromisoformat` needs none"
            yield match_of(call, seen, ("_strptime_datetime", "_strptime"))
        if not loops or isinstance(loops[-1], ast.While):
            continue
        is_text = last_name(call.func) in _CLOCK_TEXT and not name
        if name in _CLOCKS and name != "time.time":
            yield match_of(call, f"{code.text(call)} is asked for each item")
        elif is_text and is_same_each_round(code, call, loops[-1]):
            yield match_of(call, f"{code.text(call)} is the same on each round")


def _is_iso(call: ast.Call) -> bool:
    """Whether a time is read by a pattern of ISO 8601."""
    pattern = call.args[1] if len(call.args) == 2 else None
    return isinstance(pattern, ast.Constant) and str(pattern.value).startswith("%Y-%m-%d")


def growing_slices(code: FunctionCode) -> Iterator[Match]:
    """Find sums and the like over all that came before, on each round of a loop."""
    for call in code.calls:
        if not code.loops(call):
            continue
        match call:
            case ast.Call(
                func=ast.Name(id="sum" | "max" | "min" | "sorted" | "len" | "set" | "any" as name),
                args=[ast.Subscript(value=items, slice=ast.Slice(upper=ast.expr() as to) as part)],
            ):
                loop = code.loops(call)[-1]
                is_growing = not is_same_each_round(code, to, loop)
                is_long = part.lower is None or bool(names_in(part) - targets_of(loop) - {"max"})
                is_growing = is_growing and is_long and name != "len"
                if is_growing and is_same_each_round(code, items, loop):
                    yield match_of(call, f"{code.text(call)} goes over all that came before again")
