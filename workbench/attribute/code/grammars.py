"""The languages in which functions are found: a row each, its grammar and what to look for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import tree_sitter
import tree_sitter_c
import tree_sitter_cpp
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_php
import tree_sitter_python
import tree_sitter_rust
import tree_sitter_typescript


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
    within: str = ""
    """Between a function and one within it; default: `joint`."""
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

PYTHON = "python"
LANGUAGES = (
    Language(  # where it is newer than the interpreter, whose own parser comes first
        PYTHON, (".py", ".pyw", ".pyi"), tree_sitter_python.language,
        """
        (function_definition) @def
        (class_definition) @scope
        (decorator) @ahead
        (comment) @note
        """,
        within=".<locals>.",
    ),
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
BY_NAME = {language.name: language for language in LANGUAGES}
_BY_ENDING = {ending: language.name for language in LANGUAGES for ending in language.endings}


def language_of(path: str) -> str | None:
    """Return the row of the table that a path belongs to, by its ending; None for no source."""
    _, dot, ending = path.rpartition("/")[2].rpartition(".")
    return _BY_ENDING.get(dot + ending.lower())


@cache
def grammar(name: str) -> tree_sitter.Language:
    """Return the grammar of a language of the table."""
    return tree_sitter.Language(BY_NAME[name].load())


@cache
def query(name: str) -> tree_sitter.Query:
    """Return what to look for in a language of the table."""
    return tree_sitter.Query(grammar(name), BY_NAME[name].query)
