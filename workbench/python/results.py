"""What functions that answer alike each time give, and what operators make of two kinds."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from workbench.python.scope import SCALARS, Kind

MADE_ONCE = frozenset(
    {"re.compile", "string.Template", "struct.Struct", "operator.itemgetter"}
    | {"operator.attrgetter", "operator.methodcaller", "decimal.Decimal", "fractions.Fraction"}
    | {"datetime.timedelta", "datetime.date", "datetime.time", "datetime.timezone", "uuid.UUID"}
    | {"ipaddress.ip_network", "ipaddress.ip_address", "zoneinfo.ZoneInfo", "frozenset"}
    | {"str.maketrans", "datetime.datetime", "datetime.datetime.fromisoformat"}
    | {"datetime.date.fromisoformat", "datetime.time.fromisoformat"}
    | {"urllib.parse.urlsplit", "urllib.parse.urlparse"}
)
"""What gives, of constants, a value that never changes."""

_MODULE_RESULTS = {
    **dict.fromkeys(MADE_ONCE - {"frozenset", "str.maketrans"}, "other"),
    **dict.fromkeys(("str", "repr", "ascii", "chr", "bin", "hex", "oct", "re.escape"), "str"),
    **dict.fromkeys(("textwrap.dedent", "html.escape", "html.unescape", "json.dumps"), "str"),
    **dict.fromkeys(("urllib.parse.quote", "urllib.parse.unquote"), "str"),
    **dict.fromkeys(("urllib.parse.quote_plus", "urllib.parse.unquote_plus"), "str"),
    **dict.fromkeys(("urllib.parse.urljoin", "unicodedata.normalize"), "str"),
    **dict.fromkeys(("int", "len", "ord", "math.floor", "math.ceil"), "int"),
    **dict.fromkeys(("float", "math.sqrt", "math.log", "math.log2", "math.log10"), "float"),
    **dict.fromkeys(("bool", "any", "all"), "bool"),
    "str.maketrans": "dict",
}
_CONTAINERS = {
    **dict.fromkeys(("list", "sorted", "reversed"), "list"),
    **{"set": "set", "frozenset": "frozenset", "tuple": "tuple"},
}
_ONE_OF_MANY = frozenset({"min", "max", "sum"})
_TEXTS = (
    *("join", "lower", "upper", "casefold", "strip", "lstrip", "rstrip", "replace", "title"),
    *("capitalize", "removeprefix", "removesuffix", "zfill", "ljust", "rjust", "center"),
    *("translate", "swapcase", "expandtabs", "format"),
)
_TEXT_METHODS = {
    **dict.fromkeys(_TEXTS, Kind("str")),
    **dict.fromkeys(("split", "rsplit", "splitlines"), Kind("list", "str")),
    **dict.fromkeys(("partition", "rpartition"), Kind("tuple", "str")),
    **dict.fromkeys(("count", "find", "rfind", "index"), Kind("int")),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isalnum"), Kind("bool")),
    "encode": Kind("bytes"),
}
"""What methods of a text give."""

UNKNOWN = Kind()
OTHER = Kind("other")
"""A value that nobody can change, of which no more is known."""


def is_immutable(kind: Kind) -> bool:
    """Whether nobody can change a value of a kind, nor anything in it."""
    is_plain = kind.name in SCALARS | {"NoneType", "frozenset", "other"}
    return is_plain or (kind.name == "tuple" and bool(kind.element))


def held_by(kind: Kind) -> Kind:
    """Return the kind of what looping over a value gives; unknown where it may be changed."""
    return Kind({"str": "str", "bytes": "int"}.get(kind.name, kind.element))


def common(kinds: Sequence[Kind]) -> Kind:
    """Return what values that cannot change are, all together; unknown where one may change."""
    if not all(map(is_immutable, kinds)):
        return UNKNOWN
    names = {kind.name for kind in kinds}
    return Kind(names.pop()) if len(names) == 1 and names <= SCALARS else OTHER


def of_text(method: str) -> Kind:
    """Return what a method of a text gives; unknown for one that is not listed."""
    return _TEXT_METHODS.get(method, UNKNOWN)


def of_function(name: str, given: Sequence[Kind]) -> Kind:
    """Return what a function gives; unknown for one that is not known to answer alike.

    Parameters
    ----------
    name : str
        A builtin, or in full what is imported.
    given : sequence of Kind
        Of its arguments.
    """
    if name in _CONTAINERS:
        is_one = name == "sorted" or len(given) <= 1
        held = (held_by(given[0]).name if given else "other") if is_one else ""
        return Kind(_CONTAINERS[name], held)
    if name in _ONE_OF_MANY and given:
        kind = common([held_by(given[0])] if len(given) == 1 else given)
        return kind if kind.name in SCALARS else UNKNOWN
    if name == "range" and given:
        return Kind("list", "int")
    return Kind(_MODULE_RESULTS.get(name, "")) if given else UNKNOWN


def of_operator(left: Kind, op: ast.operator, right: Kind) -> Kind:
    """Return what an operator makes of two values; unknown where that depends on settings."""
    numbers = {"int", "float", "bool"}
    match left.name, op, right.name:
        case "str", ast.Mod(), _ if right.name in SCALARS | {"tuple", "other"}:
            return Kind("str")
        case "str" | "bytes", ast.Add(), other if other == left.name:
            return Kind(left.name)
        case "tuple", ast.Add(), "tuple" if left.element and right.element:
            return Kind("tuple", common([held_by(left), held_by(right)]).name)
        case "str", ast.Mult(), "int":
            return Kind("str")
        case one, _, other if {one, other} <= numbers:
            is_whole = {one, other} <= {"int", "bool"} and not isinstance(op, ast.Div | ast.Pow)
            return Kind("int" if is_whole else "float")
    return UNKNOWN
