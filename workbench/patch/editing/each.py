"""The functions of a name, one after the other, until an edit can be made of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from workbench.python.syntax import find_functions, parse_source


class Editor(Protocol):
    """Collects what is to be edited in a function."""

    def code(self) -> str | None:
        """Return the edited text of the file; None where nothing qualifies."""


def first_edit(source: str, qualname: str, edit: Callable[..., Editor], *more: Any) -> str | None:
    """Return the first edit that is made of a function of this name; None where none is.

    Parameters
    ----------
    source, qualname : str
        Text of one file, and the name: `name`, `Cls.method` or `outer.<locals>.inner`.
    edit : callable
        (source, tree, function, *more) -> what edits the function.
    """
    tree = parse_source(source)
    for function in find_functions(tree, qualname):
        if (edited := edit(source, tree, function, *more).code()) is not None:
            return edited
    return None
