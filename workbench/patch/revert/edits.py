"""The edits between two revisions: what each defines, uses, and stands in."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from workbench.history import FileWeave, Piece, cut, function_spans, split_lines, statement_starts
from workbench.types import Function

_WORD = re.compile(r"[A-Za-z_]\w*")


_TESTS = re.compile(r"(^|/)(tests?/|test_[^/]*\.py$|[^/]*_test\.py$)")


def is_test(path: str) -> bool:
    """Whether a file is one of a project's tests, by its name."""
    return bool(_TESTS.search(path))


class Edit(NamedTuple):
    """One piece of one file that differs between the revisions."""

    path: str
    number: int


class EditMap:
    """All edits between two revisions.

    Parameters
    ----------
    base, head : mapping of path to text
        The files of each revision; only those that differ, and all Python files.
    weaves : mapping of path to FileWeave
        Which commit touched which line.
    """

    def __init__(
        self, base: Mapping[str, str], head: Mapping[str, str], weaves: Mapping[str, FileWeave]
    ) -> None:
        self.base, self.head = base, head
        self.commits: dict[Edit, set[str]] = {}
        """The commits that made an edit."""
        self.of_commit: dict[str, list[Edit]] = defaultdict(list)
        self.users: dict[str, set[Edit]] = defaultdict(set)
        """Name -> edits that began to use it."""
        self.removers: dict[str, set[Edit]] = defaultdict(set)
        """Name -> edits that took its definition away."""
        self.new: dict[Edit, set[str]] = {}
        """Names that an edit defines and that its file did not define before."""
        self.additions: set[Edit] = set()
        """Edits that only add what was not there: functions, imports, constants, files."""
        self.modules = {_dotted(p): p for p in (*base, *head) if p.endswith(".py")}
        """Dotted name -> path of every module there is or was."""
        self._pieces: dict[str, tuple[Piece, ...]] = {}
        self._within: dict[Function, set[Edit]] = defaultdict(set)
        for path in sorted(base.keys() | head.keys()):
            if base.get(path) != head.get(path):
                self._map_file(path, weaves.get(path))

    def _map_file(self, path: str, weave: FileWeave | None) -> None:
        before, after = self.base.get(path), self.head.get(path)
        if before is None or after is None:
            pieces: tuple[Piece, ...] = (Piece("", before or "", after or "", 0, 0),)
        else:
            functions = {span.name for text in (before, after) for span in function_spans(text)}
            pieces = tuple(
                part
                for piece in cut(before, after, python=path.endswith(".py"))
                for part in _part_statements(piece, piece.part in functions)
            )
        self._pieces[path] = pieces
        touched = {(side, line): commit for commit, side, line in weave.touched()} if weave else {}
        spans = function_spans(before or "", with_classes=True)
        known = {span.name for span in spans}
        classes = known - {span.name for span in function_spans(before or "")}
        bound = {"before": _bindings(before or ""), "after": _bindings(after or "")}
        defined = {name for _, name in bound["before"]}
        for number, piece in enumerate(pieces):
            if piece.same:
                continue
            edit = Edit(path, number)
            self.commits[edit] = _makers(piece, touched)
            for commit in self.commits[edit]:
                self.of_commit[commit].append(edit)
            gone = _names_at(bound["before"], piece.before_line, piece.before)
            came = _names_at(bound["after"], piece.after_line, piece.after)
            self.new[edit] = came - defined
            for word in set(_WORD.findall(piece.after)) - set(_WORD.findall(piece.before)):
                self.users[word].add(edit)
            for name in gone - came:
                self.removers[name].add(edit)
            if piece.part:
                self._within[Function(piece.part, path)].add(edit)
            outside = not piece.part or piece.part in classes
            if before is None or (not piece.before and (outside or piece.part not in known)):
                self.additions.add(edit)

    def function(self, edit: Edit) -> Function:
        """Return the function that an edit is in; its name is empty outside of any."""
        return Function(self._pieces[edit.path][edit.number].part, edit.path)

    def of_file(self, path: str) -> set[Edit]:
        """Return the edits of one file."""
        return {Edit(path, n) for n, piece in enumerate(self._pieces[path]) if not piece.same}

    def of_tests(self) -> frozenset[Edit]:
        """Return the edits of files of tests."""
        return frozenset(edit for edit in self.commits if is_test(edit.path))

    def whole(self, edits: Iterable[Edit]) -> frozenset[Edit]:
        """Return edits with all others of their functions, so that none is half of each."""
        found = set(edits)
        for edit in list(found):
            found |= self._within.get(self.function(edit), set()) - self.additions
        return frozenset(found)

    def files(self, reverted: Collection[Edit]) -> dict[str, str | None]:
        """Return the texts of the files that some edits are in, with those taken back."""
        texts: dict[str, str | None] = {}
        for path in sorted({edit.path for edit in reverted}):
            pieces = self._pieces[path]
            if path not in self.base:
                texts[path] = None
            else:
                text = "".join(
                    piece.before if Edit(path, number) in reverted else piece.after
                    for number, piece in enumerate(pieces)
                )
                versions = (self.base[path], self.head.get(path, ""))
                texts[path] = _without_doubles(text, *versions)
        return texts


def _without_doubles(text: str, *versions: str) -> str:
    """Leave out imports at the margin that are there oftener than in any version.

    An import that moved is there twice when only the place that it left is taken back.
    """
    allowed: Counter[str] = Counter()
    for version in versions:
        allowed |= Counter(filter(_imports_alone, split_lines(version)))
    kept = []
    for line in split_lines(text):
        if _imports_alone(line):
            allowed[line] -= 1
            if allowed[line] < 0:
                continue
        kept.append(line)
    return "".join(kept)


def _imports_alone(line: str) -> bool:
    """Whether a line at the margin is a whole import."""
    is_whole = not line.rstrip().endswith(("(", "\\"))
    return is_whole and line.startswith(("import ", "from "))


def _part_statements(piece: Piece, is_function: bool) -> Iterator[Piece]:
    """Part a change outside of functions into statements that came, went, or changed.

    What came can then stay while what went returns. Statements that bind the same name are one
    change, but for imports, of which both can stand.
    """
    old, new = _statements(piece.before), _statements(piece.after)
    if piece.same or is_function or not (old and new):
        yield piece
        return
    before_line, after_line, k = piece.before_line, piece.after_line, 0

    def part(before: str, after: str) -> Piece:
        nonlocal before_line, after_line
        made = Piece(piece.part, before, after, before_line, after_line)
        before_line += len(split_lines(before))
        after_line += len(split_lines(after))
        return made

    for text, names in new:
        partner = next(
            (i for i in range(k, len(old)) if text == old[i][0] or names & old[i][1]), None
        )
        if partner is None:
            yield part("", text)
            continue
        yield from (part(gone, "") for gone, _ in old[k:partner])
        yield part(old[partner][0], text)
        k = partner + 1
    yield from (part(gone, "") for gone, _ in old[k:])


def _statements(source: str) -> list[tuple[str, set[str]]]:
    """Return (text, names it binds) of each statement; imports bind none here."""
    flat = textwrap.dedent(source)
    try:
        body = ast.parse(flat).body
    except (SyntaxError, ValueError):
        return []
    lines, starts = split_lines(source), sorted(statement_starts(flat))
    inner = [n for n in starts if any(n < (x.end_lineno or 0) and n >= x.lineno for x in body)]
    starts = [0, *(n for n in starts[1:] if n not in inner)]
    found = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = "".join(lines[start:end])
        is_import = textwrap.dedent(text).lstrip().startswith(("import ", "from "))
        names = set() if is_import else {name for _, name in _bindings(textwrap.dedent(text))}
        found.append((text, names))
    return found


def _names_at(bindings: Iterable[tuple[int, str]], first: int, text: str) -> set[str]:
    """Return the names bound on the lines of a text that starts at a line."""
    end = first + len(split_lines(text))
    return {name for line, name in bindings if first <= line < end}


def _makers(piece: Piece, touched: Mapping[tuple[str, int], str]) -> set[str]:
    """Return the commits that touched the lines of a piece."""
    n_before, n_after = len(split_lines(piece.before)), len(split_lines(piece.after))
    places = [("base", piece.before_line + i) for i in range(n_before)]
    places += [("head", piece.after_line + i) for i in range(n_after)]
    return {touched[place] for place in places if place in touched}


def _bindings(source: str) -> list[tuple[int, str]]:
    """Return (0-based line, name) of what a Python source defines, locals of functions left out.

    Functions and classes wherever they stand, imports and variables of modules and classes,
    attributes that are set, and slots.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[tuple[int, str]] = []
    pending: list[tuple[ast.AST, bool]] = [(tree, False)]
    while pending:
        node, local = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.append((node.lineno - 1, node.name))
            local = not isinstance(node, ast.ClassDef)
        elif isinstance(node, ast.alias) and not local:
            found.append((node.lineno - 1, (node.asname or node.name).split(".")[0]))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not local:
            found.append((node.lineno - 1, node.id))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.append((node.lineno - 1, node.attr))
        elif isinstance(node, ast.Assign) and _is_slots(node.targets[0]):
            names = (n for n in ast.walk(node.value) if isinstance(n, ast.Constant))
            found += [(n.lineno - 1, n.value) for n in names if isinstance(n.value, str)]
        pending.extend((child, local) for child in ast.iter_child_nodes(node))
    return found


def _is_slots(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "__slots__"


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
