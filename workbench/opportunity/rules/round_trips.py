"""Values that are written and read back at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from workbench.opportunity.pattern import Match, match_of
from workbench.opportunity.reading import FunctionCode

_INVERSE = {
    "json.loads": ("json.dumps",), "json.dumps": ("json.loads",),
    "pickle.loads": ("pickle.dumps",), "ast.literal_eval": ("repr", "str"),
    "yaml.safe_load": ("yaml.dump", "yaml.safe_dump"), "int": ("str",), "float": ("str", "repr"),
    "base64.b64decode": ("base64.b64encode",), "urllib.parse.unquote": ("urllib.parse.quote",),
    "datetime.datetime.fromisoformat": (".isoformat",), "bytes.fromhex": (".hex",),
    "datetime.datetime.fromtimestamp": (".timestamp",), "html.unescape": ("html.escape",),
    "datetime.datetime.strptime": (".strftime",), "datetime.date.fromisoformat": (".isoformat",),
    ".decode": (".encode",), ".encode": (".decode",), ".split": (".join",),
    "copy.deepcopy": ("json.loads",), "urllib.parse.urlparse": ("urllib.parse.urlunparse",),
}  # fmt: skip
"""Function -> those that it undoes, by full name or as a method."""
_FRAMES = {"json.loads": ("loads", "dumps"), "json.dumps": ("loads", "dumps")}


def round_trips(code: FunctionCode) -> Iterator[Match]:
    """Find values that are written to text or bytes and read back in the same function."""
    for call in code.calls:
        name = _name(code, call)
        if name not in _INVERSE:
            continue
        inner = _source(code, call, name)
        if inner is None or _name(code, inner) not in _INVERSE[name]:
            continue
        if name in ("int", "float") and not _is_number(code, inner):
            continue
        if _is_told_how(name, call, inner):
            continue
        seen = f"{code.text(call)} reads back what {code.text(inner)} wrote"
        frames = _FRAMES.get(name, ())
        yield match_of(call, seen, frames)
        if inner.lineno < call.lineno and not code.loops(inner):
            yield match_of(inner, seen, frames)


def _is_told_how(name: str, call: ast.Call, inner: ast.Call) -> bool:
    """Whether writing or reading is asked to change something on the way."""
    if name in (".decode", ".encode"):
        codecs = [ast.unparse(c.args[0]) if c.args else "'utf-8'" for c in (call, inner)]
        is_strict = all(len(c.args) < 2 and not c.keywords for c in (call, inner))
        return not is_strict or codecs[0].lower() != codecs[1].lower()
    if name == "json.dumps":
        return bool(call.keywords)
    return any(k.arg in ("cls", "object_hook") for k in (*call.keywords, *inner.keywords))


def _name(code: FunctionCode, call: ast.Call) -> str:
    """Return the full name of what is called, or `.name` of a method."""
    if name := code.called(call):
        return name
    match call.func:
        case ast.Attribute(value=ast.Name(id="bytes" | "bytearray"), attr="fromhex"):
            return "bytes.fromhex"
        case ast.Attribute(attr=attr):
            return f".{attr}"
    return ""


def _source(code: FunctionCode, call: ast.Call, name: str) -> ast.Call | None:
    """Return the call that gave what another reads, at once or through a name used only there."""
    match call.func:
        case ast.Attribute(value=value) if name.startswith("."):
            asked: ast.expr | None = value
        case _:
            asked = call.args[0] if call.args else None
    if isinstance(asked, ast.Name):
        if len(code.loads.get(asked.id, ())) != 1:
            return None
        asked = code.only_value(asked.id)
    if name == ".split" and isinstance(asked, ast.Call):
        return asked if _is_same_separator(call, asked) else None
    return asked if isinstance(asked, ast.Call) else None


def _is_same_separator(split: ast.Call, join: ast.Call) -> bool:
    match split.args, join.func:
        case [ast.Constant(value=one)], ast.Attribute(value=ast.Constant(value=other), attr="join"):
            return bool(one == other)
    return False


def _is_number(code: FunctionCode, call: ast.Call) -> bool:
    """Whether what `str` is given is a number, as far as is known."""
    asked = call.args[0] if len(call.args) == 1 else None
    return asked is not None and code.scope.infer(asked, code.statement(call)).name in (
        "int", "float",
    )  # fmt: skip
