"""A unified diff as a playbook reads it: which lines are truly new, and in which function."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

_FILE = re.compile(r'^diff --git (?:a/(.*) b/\1|"a/(.*)" "b/\2")$')
"""Both paths are the same, as renames are not looked for; git quotes odd ones."""
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@ ?(.*)$")
_DEFINES = re.compile(
    r"^\s*(?:(?:export|default|public|private|protected|static|final|abstract|async|pub|inline|override)\s+)*"
    r"(?:def|func|fn|function)\s*(?:\([^)]*\)\s*)?(\w+)"
)
_OTHER_DEFINES = re.compile(r"^\s*(?:[\w<>\[\],*&:~]+\s+)+(\w+)\s*\([^;]*\)\s*(?:const\s*)?\{")
_CONTROL = frozenset("if for while switch catch return else do try with match".split())
_COMMENT = re.compile(r"\s*(?:#(?!\[|include)|//|/\*|\*\s|\*/|<!--|--\s)")
_SENTENCE = re.compile(r"^[A-Za-z`'\"(][\w`'\",.;:()/ -]*$")
_STATEMENT = re.compile(
    r"^(?:if|elif|else|for|while|return|import|from|with|raise|throw|yield|assert|del|pass|try|except|"
    r"case|class|def|await|async|let|const|var|not|break|continue|finally|match|package|use)\b"
)
_QUOTES = re.compile(r'"""|\'\'\'')
_TOKEN = re.compile(r"""("{3}|'{3})(.*?\1)?|(["'])(?:\\.|(?!\3).)*\3""")
_HASHES = (".py", ".pyi", ".pyx", ".rb", ".sh", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".conf")
"""Endings of files whose comments begin with a hash; of others, with two slashes."""
_OPENS = re.compile(r'^[rbuf]*(?:"""|\'\'\')\S|[=(,]\s*[rbuf]*(?:"""|\'\'\')')
_STRING = re.compile(r"""(["'`])(?:\\.|(?!\1).)*\1""")
_LONG_LINE = 200
"""Characters of a line that are looked at: patterns take long on what is longer."""
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Edit:
    """A line that a change added or took away."""

    path: str
    function: str
    """Bare name of the function it stands in, as far as the diff shows it; else empty."""
    text: str
    """Without the blanks around it."""
    is_added: bool
    is_indented: bool
    is_moved: bool = False
    """Whether all that it does is done by lines of the other side, in the same file."""

    def matches(self, pattern: re.Pattern[str], *, in_strings: bool = False) -> bool:
        """Tell whether a pattern is in the line; in what it quotes only where that is asked for."""
        return bool(pattern.search(self.text if in_strings else _STRING.sub(r"\1\1", self.text)))


@dataclass(frozen=True)
class Diff:
    """What a change did to code that runs: tests, texts and comments are left out."""

    edits: tuple[Edit, ...] = ()
    """Lines that differ from those of the other side, in whatever order they stand."""
    paths: tuple[str, ...] = ()
    """Files that it changed, tests and texts left out."""
    made: frozenset[str] = frozenset()
    """Bare names of functions and classes that were not there before, renamed ones left out."""
    renamed: frozenset[str] = frozenset()
    """New bare names of functions that had another."""

    @cached_property
    def new(self) -> tuple[Edit, ...]:
        """Added lines that do something which no removed line did: what was moved, split or renamed
        is not new.
        """
        return tuple(edit for edit in self.edits if edit.is_added and not edit.is_moved)

    @cached_property
    def gone(self) -> tuple[Edit, ...]:
        """Removed lines that did something which no added line does."""
        return tuple(edit for edit in self.edits if not edit.is_added and not edit.is_moved)

    def has_more(self, pattern: re.Pattern[str], *, added: bool, in_strings: bool = False) -> bool:
        """Tell whether more lines that match are new than were removed; or gone than were added."""
        found = self.new if added else self.gone
        others = (edit for edit in self.edits if edit.is_added is not added)
        n_found, n_others = (
            sum(edit.matches(pattern, in_strings=in_strings) for edit in edits)
            for edits in (found, others)
        )
        return n_found > n_others

    def to_facts(self, functions: Sequence[str], most: int = 80) -> dict[str, Any]:
        """Return the same as JSON has it, lines of some functions first and at most so many."""
        order = sorted(self.edits, key=lambda edit: (edit.is_moved, edit.function not in functions))
        return {
            "lines": [
                [("+" if e.is_added else "-") + "=" * e.is_moved, e.path, e.function,
                 " " * e.is_indented + e.text[:_LONG_LINE]]
                for e in order[:most]
            ],
            "paths": list(self.paths[:most]),
            "made": sorted(self.made)[:most],
            "renamed": sorted(self.renamed)[:most],
        }  # fmt: skip

    @classmethod
    def from_facts(cls, told: Mapping[str, Any]) -> Diff:
        """Return what `to_facts` told."""
        edits = tuple(
            Edit(path, function, text.strip(), "+" in mark, text[:1] == " ", "=" in mark)
            for mark, path, function, text in told.get("lines", ())
        )
        made, renamed = (frozenset(told.get(name, ())) for name in ("made", "renamed"))
        return cls(edits, tuple(told.get("paths", ())), made, renamed)

    def speaks_otherwise(self, name: str, function: str) -> bool:
        """Tell whether a function has a new line that speaks of a name, however often it did."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        return any(e.function == function and word.search(e.text) for e in self.new)

    def says_anew(self, name: str, function: str) -> bool:
        """Tell whether a function speaks of a name more than it did, with its new lines."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        here = sum(len(word.findall(e.text)) for e in self.new if e.function == function)
        before = sum(len(word.findall(e.text)) for e in self.edits if not e.is_added)
        return here > before


def read_diff(text: str) -> Diff:
    """Return what a diff as `git show` prints it says; what is cut off at its end is left out."""
    edits = [edit for edit in _edits(text) if _runs(edit.path)]
    coded = [edit for edit in edits if not is_prose(edit.text)]
    renamed = _renames(coded)
    names = {
        side: {_made(e.text) for e in coded if e.is_added is side} - {""} for side in (True, False)
    }
    made = frozenset(names[True] - names[False] - {*renamed})
    removed = Counter(_words(e.text) for e in coded if not e.is_added)
    added = Counter(_words(e.text, renamed) for e in coded if e.is_added)
    new = _left(coded, removed, renamed, is_added=True)
    gone = _left(coded, added, {}, is_added=False)
    marked = *_mark_moved(new, gone, made), *_mark_moved(gone, new, made)
    paths = tuple(dict.fromkeys(edit.path for edit in edits))
    return Diff(marked, paths, made, frozenset(renamed))


def _left(
    edits: Iterable[Edit], others: Counter[str], renamed: dict[str, str], *, is_added: bool
) -> list[Edit]:
    """Return the lines of one side that the other does not have, each as often as is left."""
    others = others.copy()
    left = []
    for edit in edits:
        if edit.is_added is not is_added:
            continue
        said = _words(edit.text, renamed)
        if others[said]:
            others[said] -= 1
        elif said:
            left.append(edit)
    return left


_WORK = re.compile(
    r"@[\w.]+|[\w.]+(?=\()|\b(?:for|while|in|not|raise|throw|await|yield|with|try|except|import)\b|"
    r"(?:[rbf]?([\"'])(?!\w*\1).*?\1)|\b\d+\b|[*/%+]"
)
"""What of a line costs, or decides what does: calls, loops, texts and numbers."""


def _mark_moved(
    edits: Sequence[Edit], others: Sequence[Edit], made: frozenset[str]
) -> Iterator[Edit]:
    """Yield lines, marked where what they do stands in lines of the other side of the file."""
    pools: dict[str, Counter[str]] = {}
    for edit in others:
        pools.setdefault(edit.path, Counter()).update(_does(edit.text, made))
    for edit in edits:
        work, pool = _does(edit.text, made), pools.get(edit.path, Counter())
        is_moved = work <= pool and not defined(edit.text)
        if is_moved:
            pool.subtract(work)
        yield replace(edit, is_moved=is_moved)


def _does(text: str, made: frozenset[str]) -> Counter[str]:
    """Return the work of a line; that of a function which the change made is in that function."""
    found = (
        match[0].rpartition(".")[2] if match[0][-1:].isalnum() else match[0]
        for match in _WORK.finditer(text)
    )
    return Counter(word for word in found if word not in made)


def _renames(edits: Iterable[Edit]) -> dict[str, str]:
    """Return old names of functions by new, where definitions differ by the name alone."""
    definitions: dict[bool, dict[str, str]] = {True: {}, False: {}}
    for edit in edits:
        name = defined(edit.text)
        if name:
            rest = _words(edit.text).replace(name, "#", 1)
            definitions[edit.is_added].setdefault(rest, name)
    new, old = definitions[True], definitions[False]
    return {new[rest]: name for rest, name in old.items() if rest in new and new[rest] != name}


def _words(line: str, renamed: Mapping[str, str] | None = None) -> str:
    """Return a line without its blanks, new names of functions by the old."""
    known = renamed or {}
    return " ".join(known.get(word, word) for word in re.findall(r"\w+|[^\w\s]", line))


def _edits(text: str) -> Iterator[Edit]:
    """Yield the lines that differ; those of a docstring are left out where it is seen to begin."""
    path, function, inside, above = "", "", False, ""
    in_text = {"+": False, "-": False}
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            found = _FILE.match(line)
            path, function, inside = (found[1] or found[2] if found else ""), "", False
        elif found := _HUNK.match(line):
            function, inside = defined(found[1]), True
            in_text = dict.fromkeys(in_text, False)
        elif inside and line[:1] in ("+", "-", " "):
            code, sides = line[1:], "+-" if line[0] == " " else line[0]
            is_text = any(in_text[side] for side in sides)
            code = code if is_text else _without_comment(code, path)
            is_comment = not is_text and bool(_COMMENT.match(code))
            if not is_comment and _turns(code, is_text):
                is_open = bool(_OPENS.search(code.strip())) or above.endswith((":", "{"))
                for side in sides:  # one that began above the place is not known to be open
                    in_text[side] = not in_text[side] and is_open
                continue
            if is_text:
                continue
            code = code[:_LONG_LINE]
            above = above if is_comment else code.rstrip() or above
            function = defined(code) or ("" if _is_top(code) else function)
            if line[0] != " " and code.strip():
                yield Edit(path, function, code.strip(), line[0] == "+", code[:1] in (" ", "\t"))


def _turns(code: str, is_text: bool) -> bool:
    """Tell whether a text of several lines begins or ends in a line; not so in what that quotes."""
    if is_text:
        return len(_QUOTES.findall(code)) % 2 == 1
    return any(found[1] and not found[2] for found in _TOKEN.finditer(code))


def _without_comment(code: str, path: str) -> str:
    """Return a line without the comment at its end; what is all comment as it is."""
    mark = "#" if path.endswith(_HASHES) else "//"
    if mark not in code or code.lstrip().startswith(mark):
        return code
    quoted = [range(*found.span()) for found in _STRING.finditer(code)]
    for found in re.finditer(rf"\s{mark}", code):
        if not any(found.start() in span for span in quoted):
            return code[: found.start()].rstrip()
    return code


def defined(line: str) -> str:
    """Return the name of the function that a line begins; empty for none."""
    found = _DEFINES.match(line) or _OTHER_DEFINES.match(line)
    return "" if found is None or found[1] in _CONTROL else found[1]


_CLASS = re.compile(r"^(?:class|struct|interface|enum|type)\s+(\w+)")


def _made(line: str) -> str:
    """Return the name of the function or class that a line begins; empty for none."""
    found = _CLASS.match(line)
    return found[1] if found else defined(line)


def _is_top(code: str) -> bool:
    """Tell whether a line stands outside of all functions, in a language of indented blocks."""
    return bool(_NAME.match(code)) and not code.rstrip().endswith(("{", ")"))


_NOT_RUN = re.compile(
    r"(?:^|/)(?:tests?|docs?|benchmarks?|examples?)/|(?:^|/)(?:test_[^/]*|[^/]*_test\.\w+|conftest\.py)$|"
    r"\.(?:md|rst|txt|adoc)$"
)


def _runs(path: str) -> bool:
    """Tell whether a file is run in production, or says what is: no test, no text."""
    return not _NOT_RUN.search(path) or path.rpartition("/")[2].startswith("requirements")


def is_prose(text: str) -> bool:
    """Tell whether a line says nothing to a machine: blank, a comment, or a line of a docstring."""
    text = text.strip()
    if not text or _COMMENT.match(text) or text.startswith(('"""', "'''")):
        return True
    is_sentence = len(text.split()) > 3 and bool(_SENTENCE.match(text))
    return is_sentence and not _STATEMENT.match(text) and "(" not in text.replace(" (", "")
