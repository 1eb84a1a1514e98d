"""Edits that somebody proposes, each the replacement of one passage, put together into patches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from workbench.errors import PatchError
from workbench.types import Patch


def replace_once(text: str, before: str, after: str, path: str) -> str:
    """Return a text with one passage replaced; PatchError where it is not there just once."""
    if (n_found := text.count(before)) != 1:
        hint = "add lines around it" if n_found else "it has to stand as the file has it"
        raise PatchError(
            f"{path}: expected the text to replace once, found it {n_found} times: {hint}"
        )
    return text.replace(before, after)


def join_edits(
    edits: Iterable[Mapping[str, str]], read: Callable[[str], str | None], strategy: str
) -> tuple[list[Patch], list[str]]:
    """Put edits of the same title together, in order.

    Parameters
    ----------
    edits : iterable of mapping
        `path`, `before`, `after` and `summary`, the title.
    read : callable
        Path -> the text of the file as it is; None where there is none.
    strategy : str
        What the patches are called.

    Returns
    -------
    (list of Patch, list of str)
        The patches, and why the others are none: a sentence each.
    """
    files: dict[str, dict[str, str]] = {}
    refused: dict[str, str] = {}
    for edit in edits:
        title, path = " ".join(edit["summary"].split()), edit["path"]
        texts = files.setdefault(title, {})
        try:
            text = texts[path] if path in texts else read(path)
            if text is None:
                raise PatchError(f"{path}: expected a file to edit, found none")
            texts[path] = replace_once(text, edit["before"], edit["after"], path)
        except PatchError as error:
            refused.setdefault(title, f"{title}: {error}")
    patches = [Patch(strategy, t, texts) for t, texts in files.items() if t not in refused]
    return patches, [*refused.values()]
