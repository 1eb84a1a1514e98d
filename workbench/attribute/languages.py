"""Where functions stand in source code of any language that is known here.

Python is read by its own parser, all others by tree-sitter: a query finds functions, what they are
named after (classes, namespaces), and comments. One table has a row for each language.

Source comes from outside and may mean harm: what is huge, binary, minified or nested beyond what
people write has no functions here, and parsing has a time limit.
"""

from __future__ import annotations

import gc
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import numpy as np
import tree_sitter
import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_php
import tree_sitter_rust
import tree_sitter_typescript

from workbench.history import MODULE, Span, function_spans, line_functions

MOST_BYTES = 2_000_000
MOST_SECONDS = 4.0
"""CPU time given to parsing one file."""
_MOST_COLUMNS = 10_000
"""A file most of whose text is in lines longer than this was made by a program."""
_MOST_DEPTH = 500
_MOST_ERROR_PARTS = 20_000
_CHUNK_BYTES = 65536


class Definition(NamedTuple):
    """A function as it stands in a file."""

    name: str
    """Qualified as profilers of its language show it (`Cls.method`, `pkg.(*T).M`, `ns::f`)."""
    path: str
    start: int
    """0-based first line, decorators and annotations included."""
    end: int
    """Line after the last."""
    language: str


@dataclass(frozen=True, slots=True)
class Language:
    """How functions are found in one language, and how they are named.

    A query captures `@def` (functions), `@scope` (what gives them a first name), `@package` (what
    names all that follows), `@ahead` (what stands before a function and belongs to it) and `@note`
    (comments).
    """

    name: str
    endings: tuple[str, ...]
    load: Callable[[], object]
    """Gives the grammar."""
    query: str
    joint: str = "."
    """Between what a function is in and its name."""
    inner: str = ""
    """Between a class and one within it; default: `joint`."""
    nests: bool = True
    """Whether a function within another has the other's name before its own."""
    shown_as: str = ""
    """The language people would say it is; default: `name`."""


_SCRIPT_QUERY = """
[(function_declaration) (generator_function_declaration) (method_definition)] @def
(function_expression name: (_)) @def
(variable_declarator value: [(arrow_function) (function_expression) (generator_function)]) @def
(assignment_expression right: [(arrow_function) (function_expression) (generator_function)]) @def
(pair value: [(arrow_function) (function_expression) (generator_function)]) @def
(export_statement value: [(arrow_function) (function_expression)]) @def
(class_declaration) @scope
(variable_declarator value: [(class) (object)]) @scope
(assignment_expression right: [(class) (object)]) @scope
(pair value: [(class) (object)]) @scope
(comment) @note
"""
_TYPED_SCRIPT_QUERY = (
    _SCRIPT_QUERY
    + """
(public_field_definition value: [(arrow_function) (function_expression)]) @def
[(abstract_class_declaration) (internal_module) (module)] @scope
(class_body (decorator) @ahead)
"""
)
_PHP_QUERY = """
(function_definition) @def
(method_declaration body: (_)) @def
[(class_declaration) (interface_declaration) (trait_declaration) (enum_declaration)
 (anonymous_class)] @scope
(namespace_definition !body) @package
(namespace_definition body: (_)) @scope
(comment) @note
"""
_C_QUERY = """
(function_definition body: (_)) @def
(comment) @note
"""

LANGUAGES = (
    Language(
        "go", (".go",), tree_sitter_go.language,
        """
        (package_clause) @package
        [(function_declaration body: (_)) (method_declaration body: (_))] @def
        (comment) @note
        """,
    ),
    Language(
        "java", (".java",), tree_sitter_java.language,
        """
        (package_declaration) @package
        [(class_declaration) (interface_declaration) (enum_declaration) (record_declaration)
         (annotation_type_declaration)] @scope
        (object_creation_expression (class_body)) @scope
        (enum_constant body: (class_body)) @scope
        (method_declaration body: (_)) @def
        [(constructor_declaration) (compact_constructor_declaration) (static_initializer)] @def
        [(line_comment) (block_comment)] @note
        """,
        inner="$", nests=False,
    ),
    Language("c", (".c",), tree_sitter_c.language, _C_QUERY, joint="::"),
    Language(
        "cpp",
        (".cc", ".cpp", ".cxx", ".c++", ".h", ".hh", ".hpp", ".hxx", ".h++", ".inl", ".ipp",
         ".tcc", ".cu", ".cuh"),
        tree_sitter_cpp.language,
        _C_QUERY + """
        (namespace_definition) @scope
        [(class_specifier body: (_)) (struct_specifier body: (_))
         (union_specifier body: (_))] @scope
        (template_declaration) @ahead
        """,
        joint="::",
    ),
    Language(
        "rust", (".rs",), tree_sitter_rust.language,
        """
        (function_item) @def
        [(impl_item) (trait_item) (mod_item body: (_))] @scope
        (attribute_item) @ahead
        [(line_comment) (block_comment)] @note
        """,
        joint="::",
    ),
    Language(
        "javascript", (".js", ".jsx", ".mjs", ".cjs"), tree_sitter_javascript.language,
        _SCRIPT_QUERY + """
        (field_definition value: [(arrow_function) (function_expression)]) @def
        """,
    ),
    Language(
        "typescript", (".ts", ".mts", ".cts"), tree_sitter_typescript.language_typescript,
        _TYPED_SCRIPT_QUERY,
    ),
    Language(
        "tsx", (".tsx",), tree_sitter_typescript.language_tsx, _TYPED_SCRIPT_QUERY,
        shown_as="typescript",
    ),
    Language(
        "php", (".php", ".phtml", ".php5", ".inc"), tree_sitter_php.language_php, _PHP_QUERY,
        joint="::", inner="\\", nests=False,
    ),
    Language(
        "hack", (".hack", ".hck"), tree_sitter_php.language_php_only, _PHP_QUERY,
        joint="::", inner="\\", nests=False,
    ),
)  # fmt: skip
PYTHON = "python"
_BY_NAME = {language.name: language for language in LANGUAGES}
_BY_ENDING = {ending: language.name for language in LANGUAGES for ending in language.endings}
_BY_ENDING |= {".py": PYTHON, ".pyw": PYTHON, ".pyi": PYTHON}
_HACK_TAG = re.compile(rb"\A<\?hh\b")


def language_of(path: str) -> str | None:
    """Return the row of the table that a path belongs to, by its ending; None for no source."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return _BY_ENDING.get(dot + ending.lower())


def definitions(text: bytes | str, path: str) -> list[Definition]:
    """Return the functions of a file, outer before inner.

    Anonymous functions are part of the function they stand in. What does not parse gives what can
    be had, or nothing.
    """
    language = language_of(path)
    return place(find_spans(text, language), path, language) if language else []


def line_definitions(text: str, path: str) -> list[str]:
    """Return for each line the innermost function it is in (`MODULE` for none).

    Lines are those that git counts. Blank lines and comments have an empty name.
    """
    language = language_of(path)
    source = text.encode("utf-8", "surrogateescape")
    if language is None or not _is_written(source):
        return _module_lines(source, ())
    with no_cycles_sought():
        if language == PYTHON:
            return line_functions(text)
        return list(_line_names(text, language, path))


@contextmanager
def no_cycles_sought() -> Iterator[None]:
    """Pause the garbage collector: syntax trees have no cycles, and seeking some takes long."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def place(spans: Iterable[Span], path: str, language: str) -> list[Definition]:
    """Return what was found in a text as definitions of the file at a path."""
    row = _BY_NAME.get(language)
    shown = (row.shown_as or row.name) if row else language
    before = _rust_module(path) if language == "rust" else ""
    return [Definition(before + name, path, start, end, shown) for name, start, end in spans]


def find_spans(text: bytes | str, language: str) -> list[Span]:
    """Return the functions of a text, outer before inner, named as far as the text tells."""
    source = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if not _is_written(source):
        return []
    with no_cycles_sought():
        if language == PYTHON:
            return function_spans(text if isinstance(text, str) else _decode(source))
        return _parse(source, _BY_NAME[language]).spans


@lru_cache(maxsize=512)
def _line_names(text: str, language: str, path: str) -> tuple[str, ...]:
    source = text.encode("utf-8", "surrogateescape")
    parsed = _parse(source, _BY_NAME[language])
    names = _module_lines(source, parsed.notes)
    for name, _, start, end, _ in place(parsed.spans, path, language):  # outer before inner
        names[start:end] = [name if line else "" for line in names[start:end]]
    return tuple(names)


_NOT_END = re.compile(rb"[^\n]")


def _module_lines(source: bytes, notes: Iterable[tuple[int, int]]) -> list[str]:
    """Name the lines that have more than comments."""
    code = bytearray(source)
    for start, end in notes:
        code[start:end] = _NOT_END.sub(b" ", code[start:end])
    return [MODULE if line.strip() else "" for line in code.split(b"\n")]


def _decode(source: bytes) -> str:
    """Decode Python source; what is no UTF-8 stays where it is, and may not parse."""
    return source.decode("utf-8", "surrogateescape")


def _is_written(source: bytes) -> bool:
    """Tell source that people write from what is huge, binary, minified, or means harm."""
    if len(source) > MOST_BYTES or b"\0" in source:
        return False
    if len(source) > _MOST_COLUMNS:
        long = sum(len(line) for line in source.split(b"\n") if len(line) > _MOST_COLUMNS)
        if 2 * long > len(source):
            return False
    return _depth(source) <= _MOST_DEPTH and b"<" * _MOST_DEPTH not in _angles(source)


_BRACKETS = bytes(c for c in range(256) if c not in b"()[]{}")
_ANGLES = bytes(c for c in range(256) if c not in b"<>;{}")
_STEPS = np.zeros(256, np.int32)
_STEPS[list(b"([{")] = 1
_STEPS[list(b")]}")] = -1


def _depth(source: bytes) -> int:
    """Return how deep brackets are nested, those of strings and comments included."""
    brackets = source.translate(None, _BRACKETS)
    if len(brackets) <= _MOST_DEPTH:
        return 0
    return int(np.cumsum(_STEPS[np.frombuffer(brackets, np.uint8)]).max())


def _angles(source: bytes) -> bytes:
    """Return the angle brackets, and the ends of statements between them.

    A run of open ones may take any memory to parse, within one step of the parser.
    """
    return source.translate(None, _ANGLES) if source.count(b"<") >= _MOST_DEPTH else b""


@cache
def _grammar(name: str) -> tree_sitter.Language:
    return tree_sitter.Language(_BY_NAME[name].load())


@cache
def _query(name: str) -> tree_sitter.Query:
    return tree_sitter.Query(_grammar(name), _BY_NAME[name].query)


_HACK_TYPES = re.compile(rb"<[\w\s,?\\:.()]*>|\basync\b")


def _without_hack_types(source: bytes) -> bytes:
    """Blank what Hack has over PHP before most functions: type arguments and `async`."""
    for _ in range(4):  # types within types
        source = _HACK_TYPES.sub(_blank, source)
    return source


_MACROS = re.compile(
    rb"(?<=class )\s*[A-Z][A-Z0-9_]*(?=\s+\w[\w:<>]*\s*(?:final\s*)?[:{])"
    rb"|(?<=struct )\s*[A-Z][A-Z0-9_]*(?=\s+\w[\w:<>]*\s*(?:final\s*)?[:{])"
    rb"|^[ \t]*\w*(?:BEGIN|END|OBJECT|NAMESPACE)\w*[ \t]*\r?$",
    re.MULTILINE,
)
"""What stands where the grammar of C++ expects no macro: exports, and lines of one word."""


def _blank(match: re.Match[bytes]) -> bytes:
    return _NOT_END.sub(b" ", match[0])


class _Parsed(NamedTuple):
    spans: list[Span]
    notes: list[tuple[int, int]]
    """First byte and end of each comment."""


_parsed: dict[tuple[bytes, str], _Parsed] = {}
"""What was found in the latest texts, by their digests."""
_MOST_PARSED = 8192


def read_both(before: str, after: str, path: str) -> None:
    """Parse two versions of a file at once, which is quicker than one after the other.

    What is asked of either of them next is known by then.
    """
    language = _BY_NAME.get(language_of(path) or "")
    sources = [text.encode("utf-8", "surrogateescape") for text in (before, after)]
    if language and before != after and all(map(_is_written, sources)):
        with no_cycles_sought():
            if tree := _parse_as(sources[0], language):
                _parse_as(sources[1], language, _edited(tree, *sources))


def _parse(source: bytes, language: Language) -> _Parsed:
    """Parse a text and search it, unless it is known; too slow for the time limit is empty."""
    key = (_digest(source), language.name)
    if key not in _parsed:
        _parse_as(source, language)
    return _parsed[key]


def _parse_as(
    source: bytes, language: Language, like: tree_sitter.Tree | None = None
) -> tree_sitter.Tree | None:
    """Parse a text as a language, quicker where an edited tree is alike, and keep what is found."""
    key = (_digest(source), language.name)
    if len(_parsed) >= _MOST_PARSED:
        _parsed.clear()
    if language.name in {"php", "cpp"} and _HACK_TAG.match(source):
        source, language, like = b"    " + source[4:], _BY_NAME["hack"], None
    if language.name == "hack":
        source = _without_hack_types(source)
    elif language.name == "cpp":
        source = _MACROS.sub(_blank, source)
    tree = _tree(source, language, like)
    if tree is None or not _is_worth_searching(tree.root_node):
        _parsed[key] = _Parsed([], [])
        return None
    cursor = tree_sitter.QueryCursor(_query(language.name))
    cursor.set_max_start_depth(_MOST_DEPTH)
    found = cursor.captures(tree.root_node)
    notes = sorted((node.start_byte, node.end_byte) for node in found.get("note", ()))
    _parsed[key] = _Parsed(_Walk(language, source).spans(found), notes)
    return tree if language.name != "hack" else None


def _tree(
    source: bytes, language: Language, like: tree_sitter.Tree | None
) -> tree_sitter.Tree | None:
    limit = time.process_time() + MOST_SECONDS
    parser = tree_sitter.Parser(_grammar(language.name))

    def read(at: int, _: object) -> bytes:
        return source[at : at + _CHUNK_BYTES]

    def is_late(_: int, __: bool) -> bool:
        return time.process_time() > limit

    with suppress(ValueError):  # it was stopped
        if like is None:
            return parser.parse(read, progress_callback=is_late)
        return parser.parse(read, like, progress_callback=is_late)
    return None


def _edited(tree: tree_sitter.Tree, before: bytes, after: bytes) -> tree_sitter.Tree:
    """Tell a tree of one text where another differs."""
    start = _n_alike(before, after)
    tail = _n_alike(before[start:][::-1], after[start:][::-1])
    ends = len(before) - tail, len(after) - tail
    tree.edit(
        start, *ends, _point(before, start), _point(before, ends[0]), _point(after, ends[1])
    )  # fmt: skip
    return tree


def _n_alike(some: bytes, others: bytes) -> int:
    """Return how many first bytes two texts share."""
    n_bytes = min(len(some), len(others))
    pair = (np.frombuffer(text, np.uint8, n_bytes) for text in (some, others) if n_bytes)
    differs = np.not_equal(*pair) if n_bytes else np.zeros(0, bool)
    return int(differs.argmax()) if differs.any() else n_bytes


def _point(source: bytes, at: int) -> tuple[int, int]:
    """Return the line and column of a byte."""
    return source.count(b"\n", 0, at), at - (source.rfind(b"\n", 0, at) + 1)


def _digest(source: bytes) -> bytes:
    return blake2b(source, digest_size=16).digest()


def _is_worth_searching(root: Any) -> bool:
    """Tell a text with some errors from one that is all error: a search of that would not end."""
    pending, n_seen = [root], 0
    while pending:
        node = pending.pop()
        if node.child_count > _MOST_ERROR_PARTS and node.is_error:
            return False
        n_seen += node.child_count
        if n_seen > MOST_BYTES // 4:
            return False
        pending += [child for child in node.children if child.has_error]
    return True


@dataclass(slots=True)
class _Frame:
    """What the functions and classes within a part of a text have before their names."""

    end: int
    function_prefix: str
    scope_prefix: str
    name: str = ""
    is_function: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    """How many local classes of each name a class has had; anonymous ones have an empty name."""


class _Walk:
    """One pass over what a query found, in the order of the text."""

    def __init__(self, language: Language, source: bytes) -> None:
        self.language, self.source = language, source
        self.stack = [_Frame(len(source) + 1, "", "")]
        self.found: list[Span] = []
        self.ahead: tuple[int, int, int] | None = None
        """First line, first byte and end of what stands before a function."""

    def spans(self, captures: dict[str, list[Any]]) -> list[Span]:
        """Return the functions, outer before inner."""
        entries = [
            (node.start_byte, -node.end_byte, kind, node)
            for kind, nodes in captures.items()
            for node in nodes
        ]
        entries.sort(key=lambda entry: entry[:3])
        for start, minus_end, kind, node in entries:
            while self.stack[-1].end <= start:
                self.stack.pop()
            self._take(kind, node, start, -minus_end)
        return sorted(self.found, key=lambda span: (span.start, -span.end))

    def _take(self, kind: str, node: Any, start: int, end: int) -> None:
        if kind == "note":
            if self.ahead and self._follows(start):
                self.ahead = (*self.ahead[:2], end)
        elif kind == "ahead":
            first = self.ahead if self._follows(start) else None
            self.ahead = (*first[:2], end) if first else (node.start_point[0], start, end)
        elif kind == "package":
            name = self._text(node.named_children[-1]) if node.named_child_count else ""
            self.stack[0] = self._named(self.stack[0].end, "".join(name.split()))
        elif kind == "scope":
            self.stack.append(self._scope(node, end))
        else:
            self._function(node, start, end)

    def _follows(self, start: int) -> bool:
        """Tell whether nothing but blanks is between what stands ahead and a place."""
        if self.ahead is None or start < self.ahead[2]:
            return False
        if self.source[self.ahead[2] : start].strip():
            self.ahead = None
        return self.ahead is not None

    def _named(self, end: int, name: str) -> _Frame:
        """Return the frame of a package or namespace."""
        joint = (
            self.language.inner if self.language.name in {"php", "hack"} else self.language.joint
        )
        prefix = f"{name}{joint}" if name else ""
        return _Frame(end, prefix, prefix)

    def _scope(self, node: Any, end: int) -> _Frame:
        """Return the frame of a class, namespace or object."""
        name, above = _scope_name(node, self._text), self.stack[-1]
        if node.type == "namespace_definition" and self.language.inner:  # of PHP
            return self._named(end, name)
        if self.language.name == "java":
            above = next(frame for frame in reversed(self.stack) if not frame.is_function)
            if not name or self.stack[-1].is_function:
                above.counts[name] += 1
                name = f"{above.counts[name]}{name}"
        elif not name:
            return _Frame(end, above.function_prefix, above.scope_prefix, above.name)
        qualified = above.scope_prefix + name
        joint = self.language.inner or self.language.joint
        return _Frame(end, qualified + self.language.joint, qualified + joint, qualified)

    def _function(self, node: Any, start: int, end: int) -> None:
        above = self.stack[-1]
        name = _function_name(node, self._text)
        is_value = above.is_function and above.end == end  # of what it is assigned to
        if not name or (is_value and node.type == "function_expression"):
            return
        row = node.start_point[0]
        if self.ahead and (self._follows(start) or (self.ahead and self.ahead[2] == end)):
            row = self.ahead[0]
        self.ahead = None
        if name == "constructor" and above.name and node.type == "method_definition":
            qualified = above.name  # as V8 names it
        else:
            qualified = above.function_prefix + name
        last_row, last_column = node.end_point
        self.found.append(Span(qualified, row, last_row + (last_column > 0 or last_row == row)))
        within = self._within(qualified, above)
        self.stack.append(_Frame(end, *within, qualified, is_function=True))

    def _within(self, qualified: str, above: _Frame) -> tuple[str, str]:
        """Return what functions and classes within a function have before their names."""
        if self.language.nests:
            return (qualified + self.language.joint,) * 2
        if self.language.name == "java":
            return above.function_prefix, above.scope_prefix
        return (self.stack[0].function_prefix,) * 2

    def _text(self, node: Any) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")


_Reader = Callable[[Any], str]


def _field(node: Any, name: str, text: _Reader) -> str:
    child = node.child_by_field_name(name)
    return text(child) if child else ""


def _scope_name(node: Any, text: _Reader) -> str:
    """Return the name that a class, namespace or object gives; empty for none."""
    match node.type:
        case "impl_item":
            return _rust_type(node.child_by_field_name("type"), text)
        case "object_creation_expression" | "enum_constant":
            return ""
        case "anonymous_class":
            return "class@anonymous"
        case "variable_declarator" | "pair":
            return _target(_field(node, "name", text) or _field(node, "key", text))
        case "assignment_expression":
            name = _target(_field(node, "left", text))
            return "" if name == "module.exports" else name
    name = _plain(_field(node, "name", text))
    return name if _SCOPE.fullmatch(name) else ""


_SCOPE = re.compile(r"(?!(?:namespace|class|struct)$)[\w:$\\]+")
"""What is named otherwise comes of a macro that the grammar takes for something else."""


def _function_name(node: Any, text: _Reader) -> str:
    """Return the name of a function within what it is in; empty for one that has none."""
    match node.type:
        case "function_definition" if node.child_by_field_name("declarator"):
            return _c_name(node.child_by_field_name("declarator"), text)
        case "method_declaration" if node.child_by_field_name("receiver"):
            receiver = _field(node, "receiver", text).strip("() \t").partition("[")[0]
            kind = receiver.split()[-1] if receiver else ""
            kind = f"(*{kind.split('*')[-1]})" if "*" in receiver else kind
            return f"{kind}.{_field(node, 'name', text)}"
        case "constructor_declaration" | "compact_constructor_declaration":
            return "<init>"
        case "static_initializer":
            return "<clinit>"
        case "variable_declarator" | "pair" | "assignment_expression":
            value = node.child_by_field_name("value") or node.child_by_field_name("right")
            own = _field(value, "name", text)
            targets = (_field(node, name, text) for name in ("name", "key", "left"))
            return own or _target(next(filter(None, targets), ""))
        case "field_definition":
            return _field(node, "property", text)
        case "method_definition":
            return _field(node, "name", text).strip("'\"")
        case "export_statement":
            return "default"
    return _field(node, "name", text)


_EXPORTS = re.compile(r"^(?:module\.exports|exports|this)\.")


def _target(text: str) -> str:
    """Return what something is assigned to as a name; empty where that is none."""
    text = _EXPORTS.sub("", text.strip("'\"")).replace(".prototype.", ".")
    return text if re.fullmatch(r"[\w$#.\-]+", text) else ""


def _rust_type(node: Any, text: _Reader) -> str:
    """Return the last name of a type, without lifetimes, references and parameters."""
    while node is not None:
        inner = node.child_by_field_name("type") or node.child_by_field_name("name")
        if inner is None or node.type not in {
            "generic_type", "scoped_type_identifier", "reference_type", "pointer_type",
        }:  # fmt: skip
            return _plain(text(node))
        node = inner
    return ""


_C_NAMES = {
    "identifier", "field_identifier", "qualified_identifier", "destructor_name", "operator_name",
    "operator_cast", "template_function", "type_identifier", "template_method",
}  # fmt: skip


def _c_name(node: Any, text: _Reader) -> str:
    """Return the name in a declarator: `*(*ns::f<int>(void))(int)` is `ns::f`."""
    for _ in range(_MOST_DEPTH):
        if node is None:
            return ""
        if node.type in _C_NAMES:
            return _plain(text(node))
        inner = node.child_by_field_name("declarator")
        node = inner or next((c for c in reversed(node.named_children)), None)
    return ""


_OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|\"\"\s*\w+|[^\w\s(]+|[^(]+)")


def _plain(name: str) -> str:
    """Drop type parameters, arguments and spaces."""
    operator = _OPERATOR.search(name)
    tail = " ".join(operator.group().split()) if operator else ""
    head = name[: operator.start()] if operator else name
    return re.sub(r"\s+", "", without_brackets(head, "<", ">")) + tail


def without_brackets(text: str, opening: str, closing: str) -> str:
    """Drop what stands between brackets, and these."""
    if opening not in text:
        return text
    kept, depth = [], 0
    for char in text:
        depth += char == opening
        if not depth:
            kept.append(char)
        depth = max(0, depth - (char == closing))
    return "".join(kept)


_RUST_CRATES = {"tests", "benches", "examples", "bin"}
_RUST_ROOTS = {"lib", "main", "mod", "build"}


def _rust_module(path: str) -> str:
    """Return the module that a file is, with `::` behind it; empty for the root of a crate."""
    folders, stem = list(PurePosixPath(path).parts[:-1]), PurePosixPath(path).stem
    if "src" in folders:
        folders = folders[len(folders) - folders[::-1].index("src") :]
    elif folders:
        folders = []
        stem = "lib" if PurePosixPath(path).parts[-2] in _RUST_CRATES else stem
    if folders[:1] == ["bin"]:
        return ""
    parts = folders if stem in _RUST_ROOTS else [*folders, stem]
    return "".join(f"{part}::" for part in parts)
