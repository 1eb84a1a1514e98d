"""A cell as a call, with frames of its own that tracebacks and profiles can name."""

from __future__ import annotations
import __future__

import ast
import linecache
from itertools import count
from types import FunctionType
from typing import Any

from workbench.errors import ProfileError

CELL = "<cell>"
"""What the root of a cell is called; its file is `<cell 3>`, by the number of the cell."""
_VALUE = "_value_of_cell"
_FUTURE = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


class Cell:
    """Runs once, and keeps what it raised.

    Parameters
    ----------
    source : str
        Python.
    namespace : dict
        Of the notebook.
    number : int
        Of the cell.
    head : str
        Line that stands above the source in the notebook: lines are counted from it.
    flags : int
        Of the compiler: what earlier cells imported of `__future__`.

    Raises
    ------
    ProfileError
        The source is no Python that runs at once.
    """

    def __init__(
        self, source: str, namespace: dict[str, Any], *, number: int = 0, head: str = "",
        flags: int = 0,
    ) -> None:  # fmt: skip
        self.error: BaseException | None = None
        text = f"{head}\n{source}"
        self.file = _keep_lines(number, text)
        try:
            tree = ast.parse(f"\n{source}", self.file)
            _keep_value(tree)
            code = compile(tree, self.file, "exec", flags & _FUTURE, dont_inherit=True)
        except SyntaxError as error:
            raise ProfileError(f"expected Python that runs at once: {error}") from error
        self._run = FunctionType(code.replace(co_name=CELL, co_qualname=CELL), namespace)

    def __call__(self) -> None:
        """Run it; what it raises is kept, so that what was recorded until then is too."""
        try:
            self._run()
        except BaseException as error:
            self.error = error

    def take_value(self) -> object:
        """Take the value of the last expression out of the namespace; None where there is none."""
        return self._run.__globals__.pop(_VALUE, None)

    def check(self) -> None:
        """Raise what it raised, with a traceback that begins with the cell."""
        __tracebackhide__ = True
        if self.error is not None:
            own = self.error.__traceback__
            raise self.error.with_traceback(own.tb_next or own if own else None)


def _keep_value(tree: ast.Module) -> None:
    """Have the value of the last expression assigned."""
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        kept = ast.Assign([ast.Name(_VALUE, ast.Store())], last.value)
        tree.body[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))


def _keep_lines(number: int, text: str) -> str:
    """Keep lines where tracebacks look for them; return the name of their file."""
    names = (f"<cell {number}>" if n == 1 else f"<cell {number}.{n}>" for n in count(1))
    file = next(name for name in names if name not in linecache.cache)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return file
