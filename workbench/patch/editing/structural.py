"""Functions of languages other than Python, found and edited with ast-grep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ast_grep_py import SgNode, SgRoot

LANGUAGES = {
    ".go": "go",
    ".java": "java",
    ".rs": "rust",
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), "javascript"),
    **dict.fromkeys((".ts", ".mts", ".cts"), "typescript"),
    ".tsx": "tsx",
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"), "cpp"),
}
"""What ast-grep calls the language of a file, by how its name ends."""

SCRIPTS = frozenset({"javascript", "typescript", "tsx"})

_SCRIPT_FUNCTIONS = frozenset(
    {"function_declaration", "generator_function_declaration", "method_definition"}
    | {"variable_declarator"}
)
_FUNCTIONS = {
    "go": frozenset({"function_declaration", "method_declaration"}),
    "java": frozenset({"method_declaration", "constructor_declaration"}),
    "rust": frozenset({"function_item"}),
    "cpp": frozenset({"function_definition"}),
    **dict.fromkeys(SCRIPTS, _SCRIPT_FUNCTIONS),
}
_COMMENTS = frozenset({"comment", "line_comment", "block_comment", "attribute_item"})


@dataclass(frozen=True, slots=True)
class FunctionText:
    """One function in the text of its file."""

    text: str
    language: str
    """As ast-grep calls it."""
    root: SgNode
    function: SgNode

    @classmethod
    def find(cls, path: str, text: str, name: str) -> FunctionText | None:
        """Return a function of a file; None where it is not there, or more than one may be meant.

        Parameters
        ----------
        path : str
            Of the file: how its name ends tells the language.
        text : str
            Its text.
        name : str
            As profilers give it, such as `Order.total`, `(*Order).Total` or `shop::total`.
        """
        language = LANGUAGES.get(PurePosixPath(path).suffix.lower(), "")
        words = re.findall(r"[\w$]+", name)
        if not language or not words:
            return None
        root = SgRoot(text, language).root()
        found = [f for f in _functions(root, language) if _words(f)[-1:] == words[-1:]]
        if len(found) > 1 and len(words) > 1:
            found = [f for f in found if words[-2] in _context(f)]
        return cls(text, language, root, found[0]) if len(found) == 1 else None

    def free_name(self, name: str) -> str:
        """Return a name that the file does not use yet."""
        taken = set(re.findall(r"[\w$]+", self.text))
        names = [name, *(f"{name}{number}" for number in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def has_errors(self) -> bool:
        """Whether the file is not as its language has it, so that nothing is sure of it."""
        return self.root.find(kind="ERROR") is not None

    def edited(self, edits: list[tuple[SgNode, str]], above: str = "") -> str | None:
        """Return the text with nodes of the function replaced; None where none are.

        `above` is put before the function, or before what it is declared in at the top of the
        file or class, with its comments.
        """
        if not edits:
            return None
        text = self.root.commit_edits([node.replace(new) for node, new in edits])
        if not above:
            return text
        anchor = self._anchor()
        lines = text.splitlines(keepends=True)
        number = anchor.range().start.line
        indent = re.match(r"\s*", lines[number])
        assert indent is not None
        lines[number:number] = [f"{indent[0]}{line}\n" for line in above.splitlines()] + ["\n"]
        return "".join(lines)

    def _anchor(self) -> SgNode:
        """Return the first node of the function's own place, comments and attributes included."""
        outer = [self.function, *self.function.ancestors()]
        places = ("source_file", "program", "translation_unit", "declaration_list")
        ends = ("class_body",) if self.language == "java" else places
        if self.language == "rust":
            ends = ("source_file",)
        node = next(n for n in outer if (up := n.parent()) is None or up.kind() in ends)
        while (before := node.prev()) is not None and before.kind() in _COMMENTS:
            node = before
        return node


def _functions(root: SgNode, language: str) -> Iterator[SgNode]:
    for kind in sorted(_FUNCTIONS[language]):
        for node in root.find_all(kind=kind):
            if kind == "variable_declarator" and not _is_function(node.field("value")):
                continue
            yield node


def _is_function(node: SgNode | None) -> bool:
    return node is not None and node.kind() in ("arrow_function", "function_expression")


def _words(function: SgNode) -> list[str]:
    """Return the words of a function's name, the innermost last."""
    named = function.field("name")
    if named is None and (declared := function.field("declarator")) is not None:
        while (inner := declared.field("declarator")) is not None:  # of pointers and references
            declared = inner
        named = declared
    return re.findall(r"[\w$]+", named.text()) if named else []


def _context(function: SgNode) -> set[str]:
    """Return the names of what a function stands in, or belongs to."""
    found = set(_words(function)[:-1])
    if receiver := function.field("receiver"):
        found |= set(re.findall(r"\w+", receiver.text()))
    for outer in function.ancestors():
        for name in ("name", "type", "declarator"):
            if (field := outer.field(name)) is not None:
                found |= set(re.findall(r"[\w$]+", field.text()))
    return found
