"""Where functions stand in source code, and which of them each change touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from workbench.attribute.moves import Sources
from workbench.history import MODULE, Commit, FileWeave, function_spans, line_functions, split_lines
from workbench.types import Change, Function


def changed_functions(
    weaves: Mapping[str, FileWeave], read_base: Callable[[str], str | None]
) -> dict[str, set[Function]]:
    """Map each commit to the functions whose lines it added, altered or removed.

    Added lines are placed in the last revision, removed ones in the first, so each file is parsed
    twice however many commits touched it.
    """
    found: dict[str, set[Function]] = {}
    for path, weave in weaves.items():
        if not path.endswith(".py"):
            continue
        names = {
            "base": line_functions(read_base(path) or ""),
            "head": line_functions(weave.text()),
        }
        for commit, side, line in weave.touched():
            if name := _function_at(names, side, line):
                found.setdefault(commit, set()).add(Function(name, path))
    return found


def _function_at(names: Mapping[str, list[str]], side: str, line: int) -> str:
    """Return the function of a touched line; of one between two others, that of both."""
    if side != "between":
        return names[side][line]
    around = names["head"][max(line - 1, 0) : line + 1]
    return around[0] if len(around) == 2 and around[0] == around[1] != MODULE else ""


def describe_changes(
    commits: Iterable[Commit],
    weaves: Mapping[str, FileWeave],
    read_base: Callable[[str], str | None],
) -> list[Change]:
    """Return the commits as changes, with the functions that each of them touched."""
    functions = changed_functions(weaves, read_base)
    changes = []
    for commit in commits:
        change = Change(
            id=commit.id, title=commit.title, author=commit.author, email=commit.email,
            at=commit.at, n_added=sum(len(h.added) for h in commit.hunks),
            n_removed=sum(len(h.removed) for h in commit.hunks),
        )  # fmt: skip
        files = tuple(sorted({hunk.path for hunk in commit.hunks}))
        touched = tuple(sorted(functions.get(commit.id, ())))
        changes.append(replace(change, files=files, functions=touched))
    return changes


def read_sources(
    weaves: Mapping[str, FileWeave], read_base: Callable[[str], str | None]
) -> Sources:
    """Return the text of every function of the changed files, before and after the changes."""
    sources: tuple[dict[Function, str], dict[Function, str]] = ({}, {})
    for path, weave in weaves.items():
        if path.endswith(".py"):
            for side, text in zip(sources, (read_base(path) or "", weave.text()), strict=True):
                lines = split_lines(text)
                for span in function_spans(text):
                    side[Function(span.name, path)] = "".join(lines[span.start : span.end])
    return Sources(*sources)
