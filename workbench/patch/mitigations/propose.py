"""Fixes forward for the functions that are to blame: the rest of the change stays."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from workbench.errors import PatchError
from workbench.history import Repository
from workbench.patch.mitigations.add_cache import add_cache
from workbench.patch.mitigations.batch_calls import batch_calls
from workbench.patch.mitigations.check_first import check_first
from workbench.patch.mitigations.copies import drop_copy
from workbench.patch.mitigations.first_match import first_match
from workbench.patch.mitigations.first_of import first_of_sorted
from workbench.patch.mitigations.grow import grow_in_place
from workbench.patch.mitigations.guard_debug import guard_debug
from workbench.patch.mitigations.hoist import hoist_invariant
from workbench.patch.mitigations.imports import lazy_import, new_imports
from workbench.patch.mitigations.inline_raise import inline_raise
from workbench.patch.mitigations.join import join_texts
from workbench.patch.mitigations.membership import ask_sets
from workbench.patch.mitigations.others import edit_other
from workbench.patch.mitigations.precompile import precompile
from workbench.patch.mitigations.restore_cache import restore_cache
from workbench.patch.mitigations.restore_value import (
    MOST_VALUES,
    Value,
    changed_values,
    restore_values,
    strategy_of,
)
from workbench.patch.mitigations.rising import import_at_top
from workbench.patch.mitigations.running import keep_total
from workbench.patch.mitigations.selection import do_less
from workbench.patch.mitigations.structure import replace_structure
from workbench.python.syntax import parse_source
from workbench.types import Change, Diagnosis, Function, Opportunity, Patch, Suspect

_LOADS = re.compile(r"_find_and_load|exec_module|_load_unlocked")
"""Functions that load modules."""


class Site(NamedTuple):
    """A function that is to blame, in the file as it was and as it is."""

    function: Function
    before: str | None
    """Text of the file before the regression; None where it was not there, or nobody asks."""
    after: str
    others: Callable[[], Iterable[str]] = tuple
    """Texts of the other files of the language, read when they are asked for."""
    find: Callable[[str], str | None] = lambda _path: None
    """Gives the text of one file by its path; None where there is none."""


class Mitigation(NamedTuple):
    """A named edit."""

    summary: str
    """What it does, with a place for the name of the function."""
    edit: Callable[[Site], str | None]
    """Site -> the whole new text of the file; None where its conditions do not hold."""


def _of_function(edit: Callable[[str, str], str | None]) -> Callable[[Site], str | None]:
    return lambda site: edit(site.after, site.function.name)


def _in_turn(*edits: Callable[[Site], str | None]) -> Callable[[Site], str | None]:
    """Make edits one after another, each of what the one before gave."""

    def edit(site: Site) -> str | None:
        text = site.after
        for one in edits:
            text = one(site._replace(after=text)) or text
        return text if text != site.after else None

    return edit


def _restore_cache(site: Site) -> str | None:
    if site.before is None:
        return None
    return restore_cache(site.before, site.after, site.function.name)


MITIGATIONS: Mapping[str, Mitigation] = {
    "restore_cache": Mitigation("Restore the cache of {}", _restore_cache),
    "hoist": Mitigation(
        "Hoist work out of a loop in {}",
        _in_turn(_of_function(keep_total), _of_function(hoist_invariant)),
    ),
    "replace_structure": Mitigation(
        "Look up in sets, and join once, in {}",
        _in_turn(
            lambda site: replace_structure(site.after, site.function.name, site.others),
            lambda site: ask_sets(site.after, site.function.name, site.others),
            _of_function(join_texts),
            _of_function(grow_in_place),
        ),
    ),
    "batch_calls": Mitigation(
        "Ask once for all in {}",
        lambda site: batch_calls(site.after, site.function.name, site.others()),
    ),
    "precompile": Mitigation("Make constants of {} once", _of_function(precompile)),
    "drop_copy": Mitigation("Leave out copies in {}", _of_function(drop_copy)),
    "check_first": Mitigation(
        "Ask before raising in {}", _in_turn(_of_function(check_first), _of_function(inline_raise))
    ),
    "import_at_top": Mitigation(
        "Import once for {}",
        lambda site: import_at_top(site.after, site.function.name, site.function.file, site.find),
    ),
    "guard_debug": Mitigation(
        "Make debug lines of {} when wanted",
        lambda site: guard_debug(site.after, site.function.name, site.others),
    ),
    "do_less": Mitigation(
        "Do no more than is asked in {}",
        _in_turn(_of_function(first_match), _of_function(first_of_sorted), _of_function(do_less)),
    ),
    "add_cache": Mitigation("Keep answers of {}", _of_function(add_cache)),
}
"""By the name that a diagnosis gives them."""


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
    find = _finder(repository, head)
    for strategy in sorted(MITIGATIONS, key=lambda name: name != diagnosis.mitigation):
        for function in blamed:
            after = repository.find(function.file, head)
            if after is None:
                continue
            others = partial(_python_files, repository, head)
            site = Site(function, repository.find(function.file, base), after, others, find)
            if patch := _patch(strategy, site):
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
    others, find = partial(_python_files, repository, head), _finder(repository, head)
    for name in [own, *_called_within(place, text)]:
        site = Site(Function(name, place.file), None, text, others, find)
        for strategy in sorted(MITIGATIONS, key=lambda name: name != place.mitigation):
            if patch := _patch(strategy, site):
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


def _patch(strategy: str, site: Site) -> Patch | None:
    """Return an edit of a function; None where its conditions do not hold, or nothing changes."""
    function = site.function
    text = _edit(strategy, site)
    if text is None or text == site.after:
        return None
    summary = MITIGATIONS[strategy].summary.format(function.name)
    return Patch(strategy, f"{summary} in {function.file}", {function.file: text})


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


def _python_files(repository: Repository, revision: str) -> Iterator[str]:
    for path in repository.files(revision):
        if path.endswith(".py") and (text := repository.find(path, revision)):
            yield text


def _finder(repository: Repository, revision: str) -> Callable[[str], str | None]:
    """Return what gives the text of a file by its path; which there are is listed once."""
    paths = cache(lambda: frozenset(repository.files(revision)))
    return lambda path: repository.find(path, revision) if path in paths() else None


def _edit(strategy: str, site: Site) -> str | None:
    file, name = site.function.file, site.function.name
    if not file.endswith(".py"):
        return edit_other(strategy, file, site.after, name)
    try:
        return MITIGATIONS[strategy].edit(site)
    except PatchError:  # the function is not in this revision, or the file does not parse
        return None
