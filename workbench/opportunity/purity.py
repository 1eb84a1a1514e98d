"""What a function does besides giving an answer, and what its answer depends on."""

from __future__ import annotations

import ast
import sys

from workbench.opportunity.reading import Facts, FunctionCode
from workbench.python.repeatable import MUTATORS, UNSTEADY
from workbench.python.scope import READ_METHODS
from workbench.python.syntax import root_name

STEADY_MODULES = frozenset(
    {"re", "math", "json", "hashlib", "hmac", "base64", "binascii", "zlib", "string", "html"}
    | {"unicodedata", "urllib.parse", "struct", "operator", "itertools", "textwrap", "bisect"}
    | {"collections", "ipaddress", "fractions", "decimal", "statistics", "copy", "heapq"}
    | {"datetime", "functools", "dataclasses", "ast", "difflib", "fnmatch", "posixpath"}
)
"""Modules whose functions give the same answer to the same question."""
_CLOCKS = frozenset({"now", "utcnow", "today", "time", "perf_counter", "monotonic"})
_READING = READ_METHODS | frozenset(
    {"lower", "upper", "casefold", "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines"}
    | {"join", "replace", "format", "encode", "decode", "title", "capitalize", "partition"}
    | {"rpartition", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "find"}
    | {"rfind", "zfill", "ljust", "rjust", "translate", "search", "match", "fullmatch", "findall"}
    | {"finditer", "sub", "subn", "group", "groups", "groupdict", "span", "hexdigest", "digest"}
    | {"isoformat", "strftime", "total_seconds", "timestamp", "bit_length", "most_common"}
    | {"removeprefix", "removesuffix", "isdecimal", "isidentifier", "rindex", "start", "end"}
)
_TURNING = frozenset({"parse", "tokenize", "loads", "dumps", "escape", "unescape", "quote", "hash",
                      "normalize", "compile", "slugify", "stem"})  # fmt: skip
"""Functions of other packages that give the same answer to the same question, by their names."""
_UNSURE = frozenset(
    {"input", "print", "id", "hash", "globals", "locals", "vars", "eval", "exec", "setattr"}
    | {"delattr", "next", "iter", "super", "open", "compile", "__import__", "breakpoint"}
)
_IO = frozenset(
    {"open", "urllib.request.urlopen", "sqlite3.connect", "socket.create_connection"}
    | {f"requests.{verb}" for verb in ("get", "post", "put", "delete", "head", "request")}
    | {f"httpx.{verb}" for verb in ("get", "post", "put", "delete", "head", "request")}
)
_WIRE_METHODS = frozenset({"execute", "executemany", "fetchone", "fetchall", "recv", "urlopen"})
_FILE_METHODS = frozenset({"read_text", "read_bytes"})
_DEPTH = 20
"""Calls of calls that are looked into."""
_ON_SELF = "it changes self."


def facts_of(code: FunctionCode, depth: int = 0) -> Facts:
    """Look at a function, and at those of the repository that it surely calls."""
    if code.facts is None:
        code.facts = Facts("", "", "")  # of one that calls itself
        code.facts = _look(code, depth)
    return code.facts


def _look(code: FunctionCode, depth: int) -> Facts:
    own = _own_names(code)
    effect = state = io = ""
    for node in code.nodes:
        match node:
            case ast.With(items=items) if all(_opens(item.context_expr) for item in items):
                pass  # what is opened is told by the call
            case ast.Global() | ast.Nonlocal() | ast.With() | ast.AsyncWith() | ast.Await():
                effect = effect or f"{type(node).__name__.lower()} statement"
            case ast.Yield() | ast.YieldFrom():
                effect = effect or "it is a generator"
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store()):
                if root_name(node) not in own:
                    effect = effect or f"it changes {code.text(node)}"
            case ast.Attribute(value=ast.Name(id="self" | "cls")) if code.owner:
                state = state or code.text(node)
            case ast.Name(id=name, ctx=ast.Load()) if name not in code.bound:
                state = state or _global_state(code, name)
            case ast.Call():
                more = _of_call(code, node, own, depth)
                effect, state, io = effect or more.effect, state or more.state, io or more.io
    return Facts(effect, state, io)


def _opens(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Call) and isinstance(expr.func, ast.Name) and expr.func.id == "open"


def _writes(call: ast.Call) -> bool:
    """Whether a file is opened by a mode other than reading."""
    modes = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "mode")]
    return _opens(call) and any(
        not isinstance(mode, ast.Constant) or set(str(mode.value)) - set("rbt") for mode in modes
    )


def _own_names(code: FunctionCode) -> set[str]:
    """Return the names of what a function makes itself; of a constructor, the object too."""
    own = code.bound.keys() - set(code.parameters) - {"self", "cls"}
    return own | {"self"} if code.node.name in ("__init__", "__post_init__") else own


def _of_class(code: FunctionCode, call: ast.Call, depth: int) -> Facts | None:
    """Return what is known of making an object of a class of the repository; None of others."""
    made = code.made_class(call)
    if made is None:
        return None
    module, name = made
    bases = [ast.unparse(base).rpartition(".")[2] for base in module.classes[name].bases]
    if not set(bases) <= {"NamedTuple", "object"}:
        return Facts(f"what {name} inherits is not looked at", "", "")
    parts = [module.functions.get(f"{name}.{part}") for part in ("__init__", "__post_init__")]
    effect = state = io = ""
    for part in parts:
        if part is not None:
            more = facts_of(part, depth + 1)
            effect, state, io = effect or more.effect, state or more.state, io or more.io
    return Facts(effect, state, io)


def _global_state(code: FunctionCode, name: str) -> str:
    """Return the name of a global that may hold something else later."""
    bound = code.module.names.globals.get(name)
    match bound:
        case None:
            return ""
        case [ast.Assign() | ast.AnnAssign()]:
            return "" if name.lstrip("_").isupper() else name
        case [_]:
            return ""
    return name


def _of_call(code: FunctionCode, call: ast.Call, own: set[str], depth: int) -> Facts:
    name = code.called(call)
    text = f"{code.text(call.func)}(…)"
    io = text if is_io(code, call, name) else ""
    if callee := code.callee(call):
        if depth >= _DEPTH:
            return Facts(f"what {text} does is not looked at", "", io)
        found = facts_of(callee, depth + 1)
        is_of_own = isinstance(call.func, ast.Attribute) and root_name(call.func) in own - {"self"}
        is_harmless = is_of_own and found.effect.startswith(_ON_SELF)
        state = "" if is_of_own and found.state.startswith("self.") else found.state
        return Facts("" if is_harmless else found.effect, state, found.io or io)
    if (made := _of_class(code, call, depth)) is not None:
        return made
    if io:
        return Facts(f"{io} may write" if _writes(call) else io, io, io)
    if name:
        root = name.partition(".")[0]
        if "." not in name:
            return Facts(text if name in _UNSURE else "", "", "")
        if name.rpartition(".")[2] in _CLOCKS or root in UNSTEADY - {"datetime"}:
            return Facts("", text, "")
        if root not in sys.stdlib_module_names and name.rpartition(".")[2] in _READING | _TURNING:
            return Facts("", "", "")
        is_steady = root in STEADY_MODULES or name.rpartition(".")[0] in STEADY_MODULES
        return Facts("" if is_steady else text, "", "")
    match call.func:
        case ast.Attribute(value=receiver, attr=attr):
            if attr in _CLOCKS and not call.args:
                return Facts("", text, "")
            if attr == "get" and not call.args:
                return Facts("", text, "")  # of a variable that holds something else later
            is_own = attr in MUTATORS and root_name(receiver) in own
            is_fine = attr in _READING or is_own
            return Facts("" if is_fine else text, "", "")
    return Facts(text, "", "")


def is_io(code: FunctionCode, call: ast.Call, name: str = "") -> bool:
    """Whether a call reads from a disk or a network."""
    if (name or code.called(call)) in _IO:
        return True
    return isinstance(call.func, ast.Attribute) and call.func.attr in _WIRE_METHODS | _FILE_METHODS


def is_wire(code: FunctionCode, call: ast.Call) -> bool:
    """Whether a call asks a database or a network."""
    is_file = isinstance(call.func, ast.Attribute) and call.func.attr in _FILE_METHODS
    return is_io(code, call) and not is_file and code.called(call) != "open"


def call_facts(code: FunctionCode, call: ast.Call) -> Facts:
    """Return what is known of one call of a function."""
    return _of_call(code, call, _own_names(code), 0)
