"""Fixes forward for the functions that are to blame: the rest of the change stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from workbench.errors import PatchError
from workbench.history import Repository
from workbench.patch.mitigations.catalogue import MITIGATIONS, Site, patch_at
from workbench.patch.mitigations.imports import lazy_import, new_imports
from workbench.patch.mitigations.restore_value import (
    MOST_VALUES,
    Value,
    changed_values,
    restore_values,
    strategy_of,
)
from workbench.python.syntax import parse_source
from workbench.types import Change, Diagnosis, Function, Opportunity, Patch, Suspect

_LOADS = re.compile(r"_find_and_load|exec_module|_load_unlocked")
"""Functions that load modules."""


def propose(
    repository: Repository, base: str, head: str, diagnosis: Diagnosis,
    suspects: Sequence[Suspect], hot: Collection[Function] = (),
) -> Iterator[Patch]:  # fmt: skip
    """Yield settings set back, then fixes forward for the functions that are to blame, the named
    mitigation first.

    Parameters
    ----------
    repository, base, head
        The code, and the revisions before the deploy and now.
    diagnosis, suspects
        Who is to blame: functions that are named, and what the culprit touched.
    hot : collection of Function
        Those that run; of the files that the culprit touched they are looked at too.
    """
    blamed = list(_blamed(diagnosis, suspects, hot))
    culprit = next((s.change for s in suspects if s.change.id == diagnosis.change_id), None)
    if culprit and culprit.id in repository.resolve_all([culprit.id]):
        yield from _settings(repository, head, culprit, diagnosis.mitigation)
        if any(_LOADS.search(function.name) for function in hot):
            yield from _lazy_imports(repository, base, head, culprit)
    sources = _Sources(repository, head)
    for strategy in sorted(MITIGATIONS, key=lambda name: name != diagnosis.mitigation):
        for function in blamed:
            after = repository.find(function.file, head)
            if after is None:
                continue
            before = repository.find(function.file, base)
            site = Site(function, before, after, sources.others, sources.find)
            if patch := patch_at(strategy, site):
                yield patch


def propose_at(repository: Repository, head: str, place: Opportunity) -> Iterator[Patch]:
    """Yield edits of the function of an opportunity, its own mitigation first, then of functions
    of the same file that its lines call.

    Parameters
    ----------
    repository, head
        The code, and the revision that the opportunity was found in.
    place : Opportunity
        Where, and which mitigation fits.
    """
    text = repository.find(place.file, head)
    if text is None:
        return
    own = place.function.rpartition(":")[2]
    sources = _Sources(repository, head)
    for name in [own, *_called_within(place, text)]:
        site = Site(Function(name, place.file), None, text, sources.others, sources.find)
        for strategy in sorted(MITIGATIONS, key=lambda name: name != place.mitigation):
            if patch := patch_at(strategy, site):
                yield patch


def _called_within(place: Opportunity, text: str) -> list[str]:
    """Return the functions of a module that the lines of an opportunity call, each once."""
    if not place.file.endswith(".py"):
        return []
    try:
        tree = parse_source(text)
    except PatchError:  # a file that does not parse
        return []
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    called = [
        node.func.id for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        and place.line <= node.lineno <= place.end_line
    ]  # fmt: skip
    own = place.function.rpartition(":")[2]
    return [name for name in dict.fromkeys(called) if name in defined and name != own]


def _settings(repository: Repository, head: str, culprit: Change, named: str) -> Iterator[Patch]:
    """Yield the settings that the culprit changed, set back: all of a kind at once."""
    values: dict[str, dict[str, list[Value]]] = {}
    for path in culprit.files:
        before, after = (repository.find(path, at) for at in (f"{culprit.id}^", culprit.id))
        if before and after and (changed := changed_values(before, after)):
            values.setdefault(strategy_of(path, changed), {})[path] = changed
    for strategy in sorted(values, key=lambda name: name != named):
        now = {path: repository.find(path, head) for path in values[strategy]}
        files = {p: restore_values(v, now[p] or "") for p, v in values[strategy].items()}
        keys = [value.key for changed in values[strategy].values() for value in changed]
        if len(keys) <= MOST_VALUES and None not in files.values():
            title = f"Set {' and '.join(dict.fromkeys(keys))} back"
            yield Patch(strategy, title, files, (culprit.id,))


def _lazy_imports(repository: Repository, base: str, head: str, culprit: Change) -> Iterator[Patch]:
    """Yield what files of the culprit import at their top since then, imported where it is used."""
    for path in culprit.files:
        before, after = (repository.find(path, at) for at in (base, head))
        if not path.endswith(".py") or before is None or after is None:
            continue
        try:
            edited = {name: lazy_import(after, name) for name in new_imports(before, after)}
        except PatchError:  # a file that does not parse
            continue
        for name, text in edited.items():
            if text is not None:
                title = f"Import {name} where it is used in {path}"
                yield Patch("import_lazily", title, {path: text})


def _blamed(
    diagnosis: Diagnosis, suspects: Sequence[Suspect], hot: Collection[Function]
) -> dict[Function, None]:
    """Return the functions to look at, each once: the named ones, then what the culprit touched."""
    named = {f.subject: f for suspect in suspects for f in suspect.change.functions}
    found = dict.fromkeys(named[subject] for subject in diagnosis.functions if subject in named)
    for suspect in suspects:
        if suspect.change.id == diagnosis.change_id:
            running = [f for f in suspect.change.functions if f in hot]
            beside = sorted(f for f in hot if f.file in suspect.change.files)
            found |= dict.fromkeys([*running, *beside])
    return found


class _Sources:
    """The Python files of a revision, read at once when the first is asked for."""

    def __init__(self, repository: Repository, revision: str) -> None:
        self._repository, self._revision = repository, revision

    @cached_property
    def _texts(self) -> dict[str, str]:
        blobs = [b for b in self._repository.blobs(self._revision) if b.path.endswith(".py")]
        read = self._repository.read_blobs(blob.id for blob in blobs)
        return {
            blob.path: data.decode("utf-8", "surrogateescape")
            for blob, data in zip(blobs, read, strict=True)
        }

    def others(self) -> Iterable[str]:
        """Return their texts."""
        return self._texts.values()

    def find(self, path: str) -> str | None:
        """Return the text of one by its path; None where there is none."""
        return self._texts.get(path)
