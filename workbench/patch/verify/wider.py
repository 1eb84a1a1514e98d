"""Ask more than the tests ask: their inputs changed, what they see compared between versions.

Tests and workload know few inputs, and an edit that leaves work out may pass them all. So the
literals of the tests are changed at random (quotes and markup in texts, longer lists, other
numbers), their assertions are made notes of what they saw, and both versions of the code are asked
the same. Where the code before and the code now agree, an edit has to agree with them. This is
differential testing (W. McKeeman, "Differential Testing for Software", Digital Technical Journal
10(1), 1998) with inputs by mutation.
"""

from __future__ import annotations

import ast
import builtins
import copy
import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from workbench.errors import PatchError
from workbench.patch.revert.edits import is_test
from workbench.patch.verify.run import TEST_SECONDS, workload_environment
from workbench.patch.verify.sandbox import Command, run_confined
from workbench.patch.verify.tests import PLAIN
from workbench.python.syntax import FunctionNode
from workbench.types import Workload

N_VARIANTS = 12
"""Variants of each test."""
EACH_SECONDS, ALL_SECONDS = 3.0, 45.0
"""That a test with other inputs may take, and all of a version."""
_AT_ONCE = 2
_PART, _PART_OF_TEXTS = 0.4, 0.7
"""Part of the literals that a variant changes; of texts, in a variant that replaces them."""
_LISTS = 0.3
"""And part of the lists that it makes longer."""
_SMALL = 30
_INSIDE = Path(__file__).parent / "inside"
_TOO_LONG, _STOPPED = "TookTooLong", "stopped"
"""What the plugin notes of a test that it ended, and where it ended all."""
Notes = dict[tuple[str, str, int], str]
"""(test, place, number) -> what was seen."""

_MARKS = ('"', "'", "<b>", "&amp;", "\\", " é ", "\n", "  ", "0", "-", "/", "%")
_TEXTS: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    lambda text: f"{text} " * 400,
    lambda text: "filler " * 3000 + text,
    lambda text: text + " password=secret123",
    lambda text: text[: len(text) // 2],
    lambda text: "",
)
_WHOLE: tuple[Callable[[int], int], ...] = (
    lambda n: n + 1,
    lambda n: -n,
    lambda n: 0,
    lambda n: n * 50 + 1 if 0 < n < _SMALL else n - 1,
)
_PARTIAL: tuple[Callable[[float], float], ...] = (
    lambda x: x + 0.005,
    lambda x: -x,
    lambda x: x * 1e6,
)


def compare_wider(workload: Workload, folder: Path, trees: Iterable[Path], edited: Path) -> str:
    """Return what an edit answers otherwise than all versions of the code; empty for nothing.

    What a version was not asked for, or did not answer, as it took too long, is not compared.

    Parameters
    ----------
    workload, folder
        What says how tests are run, and the case folder it is relative to.
    trees : iterable of Path
        The versions that have to agree; one twice shows what varies by itself.
    edited : Path
        The code as edited.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # what it costs is not looked at
        notes = partial(_notes, workload, folder)
        *seen, found = pool.map(notes, [*trees, edited])
    unsure = set().union(*map(_unsure, (*seen, found)))
    steady = {
        place: text for place, text in seen[0].items()
        if place[0] not in unsure and all(other.get(place) == text for other in seen[1:])
    }  # fmt: skip
    asked = {place[0] for place in found} if _is_cut(found) else None
    for place, text in steady.items():
        now = found.get(place, "nothing")
        if (asked is None or place[0] in asked) and not _is_alike(now, text):
            return f"with other inputs {place[0]} sees {now[:120]!r}, before {text[:120]!r}"
    return ""


def _is_alike(seen: str, other: str) -> bool:
    """Whether two answers are the same; or both fail, by errors of Python's own.

    `sorted(())[0]` and `min(())` fail differently, and nobody asks for either. What a project
    raises itself, of its own or with `raise`, is looked for in the text (`hollow`).
    """
    return seen == other or (_is_builtin_error(seen) and _is_builtin_error(other))


def _is_builtin_error(seen: str) -> bool:
    kind = getattr(builtins, seen.partition(":")[0], None)
    return isinstance(kind, type) and issubclass(kind, Exception)


def _unsure(notes: Notes) -> set[str]:
    """Return the tests that were ended on their way."""
    return {test for (test, _, _), text in notes.items() if text.startswith(_TOO_LONG)}


def _is_cut(notes: Notes) -> bool:
    """Whether not all tests were run, as that took too long."""
    return any(place == _STOPPED for _, place, _ in notes)


def _notes(workload: Workload, folder: Path, code: Path) -> Notes:
    """Run the tests of a version with changed inputs, and return what they saw."""
    with (
        tempfile.TemporaryDirectory(prefix="workbench-wider-") as place,
        tempfile.TemporaryFile("w+", encoding="utf-8") as told,
    ):
        copied = Path(place) / "code"
        _copy(code, copied)
        env = workload_environment(workload, folder, copied, 1, {}) | PLAIN
        env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(_INSIDE)])
        env["WORKBENCH_NOTES"] = str(told.fileno())
        env["WORKBENCH_SECONDS"] = f"{EACH_SECONDS} {ALL_SECONDS}"
        more = ("-p", "notes", "--continue-on-collection-errors")  # inputs may break a file
        command = [sys.executable, *workload.tests, *more]
        run_confined(Command(command, "tests", copied, env, TEST_SECONDS, (told.fileno(),)))
        told.seek(0)
        return _read(told.read())


def _read(text: str) -> Notes:
    notes: Notes = {}
    for line in text.splitlines():
        try:
            test, place, seen = json.loads(line)
        except ValueError as error:
            raise PatchError(f"tests: expected notes, got {line[:80]!r}") from error
        number = sum(1 for key in notes if key[:2] == (test, place))
        notes[test, place, number] = seen
    return notes


def _copy(code: Path, target: Path) -> None:
    """Copy a version of the code, its tests changed."""
    shutil.copytree(code, target, ignore=shutil.ignore_patterns(".git", "__pycache__"))
    for path in sorted(target.rglob("*.py")):
        name = path.relative_to(target).as_posix()
        if is_test(name) and path.name != "conftest.py":
            text = path.read_text("utf-8")
            beside = path.with_name(f"test_made__{path.stem}.py")
            beside.write_text(change_inputs(text, f"{name} made", with_made=True), "utf-8")
            path.write_text(change_inputs(text, name), "utf-8")


def change_inputs(
    source: str, seed: str, n_variants: int = N_VARIANTS, *, with_made: bool = False
) -> str:
    """Return the text of a file of tests with variants of each test in place of it.

    Parameters
    ----------
    source : str
        Text of a Python file; one that does not parse is returned as it is.
    seed : str
        The same seed changes the same.
    n_variants : int
        How many; their literals are changed, and their assertions made notes.
    with_made : bool
        Change what tests are made of as well: constants of the module, fixtures, helpers.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    _vary(tree, random.Random(seed), n_variants, with_made=with_made)
    return ast.unparse(ast.fix_missing_locations(tree))


def _vary(
    node: ast.Module | ast.ClassDef, chance: random.Random, n_variants: int, *, with_made: bool
) -> None:
    body: list[ast.stmt] = []
    for stmt in node.body:
        if isinstance(stmt, FunctionNode) and stmt.name.startswith("test"):
            for number in range(n_variants):
                made = _Inputs(chance, number).visit(copy.deepcopy(stmt))
                made.name = f"{stmt.name}__{number}"
                body.append(made)
            continue
        if isinstance(stmt, ast.ClassDef):
            _vary(stmt, chance, n_variants, with_made=with_made)
        elif with_made:
            stmt = _Inputs(chance).visit(stmt)
        body.append(stmt)
    node.body = body


class _Inputs(ast.NodeTransformer):
    """Changes literals in functions, and in the tables that tests are run with."""

    def __init__(self, chance: random.Random, number: int = 1) -> None:
        self.chance = chance
        self.n_notes = 0
        wholly, kind = number % 2 == 0, number // 2 % len(_TEXTS)
        self.whole_text = _TEXTS[kind] if wholly else None
        """What becomes of texts, in turn with variants that put a mark into them."""

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """Note what is compared, before it is changed with the rest."""
        looked = copy.deepcopy(node.test)
        looks = [looked.left, *looked.comparators] if isinstance(looked, ast.Compare) else [looked]
        self.n_notes += 1
        call = ast.Call(
            ast.Name("_told", ast.Load()),
            [ast.Constant(f"{self.n_notes}"), *(_lambda(self.visit(look)) for look in looks)], [],
        )  # fmt: skip
        return ast.Expr(call)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Leave docstrings alone."""
        return node if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        """Leave the texts between alone."""
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave names of parameters, and what errors are expected to say, alone."""
        name = ast.unparse(node.func)
        if name.endswith("parametrize"):
            node.args[1:] = map(self._visit_parts, node.args[1:])
            return node
        if name.endswith(("raises", "setattr", "setenv", "warns", "importorskip", "getattr")):
            return node
        return self.generic_visit(node)

    def _visit_parts(self, node: ast.expr) -> Any:
        """Change what a table is made of, and leave it as long as it is."""
        return self.generic_visit(node) if isinstance(node, ast.List) else self.visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """Leave imports alone."""
        return node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Change values, and leave keys alone."""
        node.values = [self.visit(value) for value in node.values]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave places alone."""
        node.value = self.visit(node.value)
        return node

    def visit_List(self, node: ast.List) -> ast.AST:
        """Make some lists longer."""
        made = self.generic_visit(node)
        if node.elts and isinstance(node.ctx, ast.Load) and self._is_chosen(_LISTS):
            is_plain = all(isinstance(element, ast.Constant) for element in node.elts)
            return ast.BinOp(made, ast.Mult(), ast.Constant(40 if is_plain else 3))  # type: ignore[arg-type]
        return made

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Change some constants."""
        is_replaced = isinstance(node.value, str) and self.whole_text is not None
        if not self._is_chosen(_PART_OF_TEXTS if is_replaced else _PART):
            return node
        match node.value:
            case bool() | bytes() | None:
                return node
            case str(text):
                return ast.Constant(self._text(text))
            case int(n):
                return ast.Constant(self.chance.choice(_WHOLE)(n))
            case float(x):
                return ast.Constant(self.chance.choice(_PARTIAL)(x))
        return node

    def _text(self, text: str) -> str:
        """Put a mark somewhere into a text, or change all of it."""
        if self.whole_text is not None:
            return self.whole_text(text)
        place = self.chance.randint(0, len(text))
        return text[:place] + self.chance.choice(_MARKS) + text[place:]

    def _is_chosen(self, part: float) -> bool:
        return self.chance.random() < part


def _lambda(value: ast.expr) -> ast.Lambda:
    arguments = ast.arguments([], [], None, [], [], None, [])
    return ast.Lambda(arguments, value)
