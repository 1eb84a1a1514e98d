"""Every edit by name, and how it is made of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from workbench.errors import PatchError
from workbench.patch.mitigations.add_cache import add_cache
from workbench.patch.mitigations.batch_calls import batch_calls
from workbench.patch.mitigations.check_first import check_first
from workbench.patch.mitigations.copies import drop_copy
from workbench.patch.mitigations.first_match import first_match
from workbench.patch.mitigations.first_of import first_of_sorted
from workbench.patch.mitigations.grow import grow_in_place
from workbench.patch.mitigations.guard_debug import guard_debug
from workbench.patch.mitigations.hoist import hoist_invariant
from workbench.patch.mitigations.inline_raise import inline_raise
from workbench.patch.mitigations.inner_classes import lift_classes
from workbench.patch.mitigations.join import join_texts
from workbench.patch.mitigations.library_cache import cache_library_calls
from workbench.patch.mitigations.membership import ask_sets
from workbench.patch.mitigations.others import edit_other
from workbench.patch.mitigations.precompile import precompile
from workbench.patch.mitigations.pure_tail import cache_tail
from workbench.patch.mitigations.restore_cache import restore_cache
from workbench.patch.mitigations.rising import import_at_top
from workbench.patch.mitigations.running import keep_total
from workbench.patch.mitigations.selection import do_less
from workbench.patch.mitigations.shared_objects import share_objects
from workbench.patch.mitigations.structure import replace_structure
from workbench.types import Function, Patch


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


def _asking(
    edit: Callable[[str, str, Callable[[], Iterable[str]]], str | None],
) -> Callable[[Site], str | None]:
    """Return an edit that may ask for the other files, too."""
    return lambda site: edit(site.after, site.function.name, site.others)


def _reuse_objects(site: Site) -> str | None:
    """Share frozen objects, else make classes once."""
    source, name = site.after, site.function.name
    shared = share_objects(source, name, site.others)
    return shared if shared is not None else lift_classes(source, name, site.others)


def _keep_answers(site: Site) -> str | None:
    """Keep those of a function as a whole, else what it ends with, else what it asks for."""
    source, name = site.after, site.function.name
    for edit in (add_cache, cache_tail):
        if (text := edit(source, name, site.others)) is not None:
            return text
    return cache_library_calls(source, name)


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
    "precompile": Mitigation("Make constants of {} once", _asking(precompile)),
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
    "reuse_objects": Mitigation("Share what {} makes alike each time", _reuse_objects),
    "add_cache": Mitigation("Keep answers of {}", _keep_answers),
}
"""By the name that a diagnosis gives them."""


def patch_at(strategy: str, site: Site) -> Patch | None:
    """Return an edit of a function; None where its conditions do not hold, or nothing changes."""
    function = site.function
    text = _edit(strategy, site)
    if text is None or text == site.after:
        return None
    summary = MITIGATIONS[strategy].summary.format(function.name)
    return Patch(strategy, f"{summary} in {function.file}", {function.file: text})


def _edit(strategy: str, site: Site) -> str | None:
    file, name = site.function.file, site.function.name
    if not file.endswith(".py"):
        return edit_other(strategy, file, site.after, name)
    try:
        return MITIGATIONS[strategy].edit(site)
    except PatchError:  # the function is not in this revision, or the file does not parse
        return None
