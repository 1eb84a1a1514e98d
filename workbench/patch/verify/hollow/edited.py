"""Which functions an edit changes."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from workbench.patch.verify.hollow.side import Side
from workbench.python.syntax import FunctionNode, without_docstring


def edited_functions(sides: Sequence[str | None], after: str | None) -> list[str]:
    """Return the functions of a file that an edit changes into what none of its versions has.

    Parameters
    ----------
    sides : sequence of str or None
        Texts of the file before the regression and now; None where it is not there.
    after : str or None
        As edited.
    """
    known = [Side(text or "").functions() for text in sides]
    found = []
    for name, function in Side(after or "").functions().items():
        versions = [side[name] for side in known if name in side]
        if name in known[-1] and all(_code(function) != _code(version) for version in versions):
            found.append(name)
    return found


def _code(function: FunctionNode) -> list[str]:
    return [ast.dump(stmt) for stmt in without_docstring(function.body)]
