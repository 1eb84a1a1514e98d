"""How profilers name functions, in parts that can be compared with those of source code.

A name is read without what source does not have at that place: parameter lists, type arguments,
hashes, suffixes of the compiler, and the closures that profilers name after what they stand in.
"""

from __future__ import annotations

import re
from functools import lru_cache

from workbench.attribute.code.declared import without_brackets
from workbench.history import enclosing_function

Parts = tuple[str, ...]

_MOST_CHARACTERS = 8192
_PLAIN = re.compile(r"\w+(?:(?:::|\.)~?\w+)*")
_ODD = re.compile(r"::h[0-9a-f]{8}|\.cold|\.\d|\b0x")
_SEPARATORS = re.compile(r"::|[.$\\/:]")
_OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|\"\"\s*\w+|[^\w\s(]+|[^(]+)")
_NO_FUNCTION = re.compile(
    r"\(?\[?<?(?:anonymous|program|idle|root|garbage collector|unknown|module)>?\]?\)?|<eval>|"
    r"[^{]*\{closure(?::.*)?\}|.*\$\$Lambda.*|.*\baccess\$\d+|0x[0-9a-f]+|.*\bglob\.\.func\d.*",
    re.IGNORECASE | re.DOTALL,
)
_REPLACED = tuple(
    (re.compile(pattern), by)
    for pattern, by in (
        (r"\s*\[clone [^\]]*\]|\s*\[inlined?\]|\s*\(inlined?\)|\s*\[as [^\]]*\]", ""),
        (r"_\[[a-z0-9]\]$|\+0x[0-9a-f]+$|@@?(?:plt|GLIBC[\w.]*)$|-fm$", ""),
        (r"(?:\.cold|\.(?:cold|part|constprop|isra|lto_priv|llvm)(?:\.\d+)+)+$", ""),
        (r"::h[0-9a-f]{8,16}$", ""),
        (r"(?:/<)+$|/\S*/<$", ""),  # Firefox: within what is before it
        (r"\(anonymous namespace\)|\{anonymous\}|<anonymous namespace>|`anonymous namespace'", ""),
        (r"::(?:\{lambda[^}]*\}(?:#\d+\})?|'lambda\d*'|\$_\d+)(?:\([^)]*\))?(?: const)?"
         r"(?:::(?:operator\(\)|_FUN))?", ""),
        (r"::\{\{?[\w#:.-]+\}?\}", ""),  # {{closure}}, {closure#0}, {impl#3}, {{vtable.shim}}
        (r"\((?:\[*(?:[ZBCSIJFD]|L[^;()]+;))*\)\[*(?:[VZBCSIJFD]|L[^;]+;)$", ""),  # of Java
        (r"lambda\$new\$\d+", "<init>"),
        (r"lambda\$static\$\d+", "<clinit>"),
        (r"lambda\$(\w+?)\$\d+", r"\1"),
        (r"\$anonfun\$(\w+?)\$\d+", r"\1"),
        (r"\(\*?([\w.]+)(?:\[[^()]*\])?\)\.", r"\1."),  # the receiver of a Go method
        (r"<init>", "!init"),
        (r"<clinit>", "!clinit"),
        (r"<locals>\.", ""),
        (r"->", "::"),
    )
)  # fmt: skip
_ENCODED = {"$LT$": "<", "$GT$": ">", "$u20$": " ", "$RF$": "&", "$BP$": "*", "$C$": ",",
            "$u7b$": "{", "$u7d$": "}", "$LP$": "(", "$RP$": ")"}  # fmt: skip
_QUALIFIER = re.compile(r"\s+(?:const|volatile|noexcept|&&?)\s*$|\s*->.*$")
_GO_CLOSURE = re.compile(r"(?:\.(?:func|gowrap|deferwrap)?\d+)+$")
_GO_MAJOR = re.compile(r"v\d+")
NO_CRATES = {"std", "core", "alloc"}
"""Where a name of Rust begins that is of no repository's own."""
_RECEIVERS = {"Object", "Module", "exports", "module", "window", "global", "globalThis", "self"}


def split_name(name: str) -> Parts:
    """Return the parts of a name, outermost first; none for what names no function."""
    if _PLAIN.fullmatch(name) and not _ODD.search(name):
        return tuple(_SEPARATORS.split(name))
    return _split(name) if len(name) <= _MOST_CHARACTERS else ()


def readings(name: str) -> tuple[Parts, ...]:
    """Return what a profiler's name may mean, the likeliest first; empty for no function."""
    parts = split_name(name)
    if not parts:
        return ()
    found = [parts]
    if " as " in name or "$as$" in name or "$u20$as" in name:
        other = _split(_implemented(_decode(name), 1))
        found += [other] if other else []
        if other and other[0] not in NO_CRATES:  # a trait of one's own, maybe for another's type
            found.append(parts[-2:])
    if match := _GO_CLOSURE.search(name):
        found += [other] if (other := split_name(name[: match.start()])) else []
    if len(parts) > 1 and parts[0] in _RECEIVERS:
        found.append(parts[1:])
    if len(parts) > 2 and _GO_MAJOR.fullmatch(parts[-2]):
        found.append((*parts[:-2], parts[-1]))
    elif len(parts) > 3 and _GO_MAJOR.fullmatch(parts[-3]):
        found.append((*parts[:-3], *parts[-2:]))
    return tuple(found)


@lru_cache(maxsize=65536)
def _split(name: str) -> Parts:
    if _NO_FUNCTION.fullmatch(name):
        return ()
    name = enclosing_function(name) if name.endswith(">") and "init>" not in name else name
    if _NO_FUNCTION.fullmatch(name):
        return ()
    text = _decode(name)
    for pattern, by in _REPLACED:
        text = pattern.sub(by, text)
    text = _implemented(text, 0)
    operator = _OPERATOR.search(text)
    tail = "".join(operator.group().split()) if operator else ""
    text = text[: operator.start()] if operator else text
    for pair in ("<>", "()", "[]"):
        text = without_brackets(text, *pair)
    words = _QUALIFIER.sub("", text).strip().split()
    head = words[-1] if words and not (tail and text[-1:].isspace()) else ""
    parts = [part.replace("%2e", ".").lstrip("&*") for part in _SEPARATORS.split(head)]
    return tuple(part for part in (*parts, tail) if part)


def _decode(name: str) -> str:
    """Return a half demangled name of Rust as it was."""
    if "$LT$" not in name and "$u20$" not in name:
        return name
    for code, char in _ENCODED.items():
        name = name.replace(code, char)
    return name.replace("..", "::").replace("_<", "<")


def _implemented(name: str, which: int) -> str:
    """Put a type (0) or its trait (1) for `<T as Trait>`, and the type for `<impl Trait for T>`."""
    end, start = 0, name.find("<")
    while 0 <= start < len(name):
        end = _closing(name, start)
        inner = name[start + 1 : end]
        is_path = name[end + 1 : end + 3] == "::" and (
            start == 0 or name[start - 2 : start] == "::"
        )
        is_type = start == 0 or inner.startswith("impl ") or " as " in inner
        if is_path and is_type:
            inner = inner.removeprefix("impl ")
            choices = inner.split(" as ") if " as " in inner else inner.split(" for ")[::-1]
            chosen = choices[min(which, len(choices) - 1)]
            kept = re.sub(r"^(?:&|\*|'\w+|mut|const|dyn|\s)+", "", chosen)
            before = "" if start == 0 or "::" in kept else name[:start]
            return before + without_brackets(kept, "<", ">") + name[end + 1 :]
        start = name.find("<", end + 1)
    return name


def _closing(text: str, start: int) -> int:
    """Return where the bracket that opens at a place closes; the end where it does not."""
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == "<") - (text[at] == ">" and text[at - 1] not in "-=")
        if not depth:
            return at
    return len(text)
