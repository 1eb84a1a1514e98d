"""Lines of a log that are made, and then dropped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode, last_name

_DROPPED = frozenset({"debug", "info", "trace"})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "structlog"})
_CHEAP = frozenset({"len", "str", "int", "float", "bool", "type", "id", "getattr", "round", "min",
                    "max", "abs", "isinstance"})  # fmt: skip
_CHEAP_METHODS = frozenset({"get", "keys", "values", "items", "upper", "lower", "strip", "time"})
_GUARDS = ("isEnabledFor", "is_debug", "is_enabled", "getEffectiveLevel", "debug", "verbose",
           "level", "enabled")  # fmt: skip


def logged_per_item(code: FunctionCode) -> Iterator[Match]:
    """Find lines of a log written for each item of a loop, at a level that is often off."""
    for call in code.calls:
        if not is_log_call(call) or not code.loops(call) or _is_guarded(code, call):
            continue
        if not code.is_rare(call) and not _is_occasional(code, call):
            yield match_of(call, f"{code.text(call)} for each item, whether or not it is kept")


def dear_fields(code: FunctionCode) -> Iterator[Match]:
    """Find lines of a log whose text or fields are computed before anybody asks for the line."""
    for call in code.calls:
        if not is_log_call(call) or _is_guarded(code, call) or code.is_rare(call):
            continue
        parts = [*call.args, *(k.value for k in call.keywords)]
        level = last_name(call.func)
        made_of = (made for part in parts if (made := _made(part, level)) is not None)
        dear = next(made_of, None)
        if dear is not None:
            frames = tuple(last_name(c.func) for part in parts for c in ast.walk(part)
                           if isinstance(c, ast.Call))  # fmt: skip
            seen = f"{code.text(dear)} is made for a line of {level} that may be dropped"
            yield match_of(call, seen, frames)


def is_log_call(call: ast.Call) -> bool:
    """Whether a call writes a line of a log at a level that is often off."""
    match call.func:
        case ast.Attribute(value=receiver, attr=level) if level in _DROPPED:
            return last_name(receiver) in _LOGGERS or _is_bound_logger(receiver)
    return False


def _is_bound_logger(receiver: ast.expr) -> bool:
    match receiver:
        case ast.Call(func=ast.Attribute(value=logger, attr="bind" | "getLogger" | "opt")):
            return last_name(logger) in _LOGGERS
    return False


def _made(part: ast.expr, level: str) -> ast.expr | None:
    """Return what of an argument takes work to make; None for nothing."""
    for node in ast.walk(part):
        match node:
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return node
            case ast.Call(func=ast.Name(id=name)) if name not in _CHEAP:
                return node
            case ast.Call(func=ast.Attribute(attr=attr)) if attr not in _CHEAP_METHODS:
                return node
            case ast.JoinedStr() if level != "info" and len(node.values) > 1:
                return node
            case ast.BinOp(left=ast.Constant(value=str()), op=ast.Mod()) if level != "info":
                return node
    return None


def _is_guarded(code: FunctionCode, call: ast.Call) -> bool:
    """Whether somebody asks first whether the line is wanted, here or above in the function."""
    for parent in code.ancestors(call):
        if isinstance(parent, ast.If | ast.IfExp | ast.BoolOp):
            test = parent if isinstance(parent, ast.BoolOp) else parent.test
            if any(guard in ast.unparse(test) for guard in _GUARDS):
                return True
    for stmt in code.node.body:
        match stmt:
            case ast.If(test=test, body=[ast.Return()]) if stmt.lineno < call.lineno:
                if any(guard in ast.unparse(test) for guard in _GUARDS):
                    return True
    return False


def _is_occasional(code: FunctionCode, call: ast.Call) -> bool:
    """Whether of a loop only some rounds write the line: once in so many, or before they end it."""
    for parent in code.ancestors(call):
        if isinstance(parent, ast.If):
            if any(isinstance(n, ast.Mod) for n in ast.walk(parent.test)):
                return True
            if isinstance(parent.body[-1], ast.Break | ast.Return | ast.Raise):
                return True
        if isinstance(parent, ast.For | ast.While):
            return isinstance(parent, ast.While)
    return False
