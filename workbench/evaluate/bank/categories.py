"""What kinds of cause a case may have, and which answers name them rightly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """What is a right answer about a cause of one kind."""

    categories: frozenset[str]
    """As skills call it."""
    mitigations: frozenset[str]
    """That do away with it, besides taking the change back."""


def _kind(*categories: str, by: str = "") -> Kind:
    return Kind(frozenset(categories), frozenset(by.split()))


KINDS: Mapping[str, Kind] = {
    "allocation_gc": _kind("allocation and GC", "deep copy", by="reuse_objects drop_copy"),
    "data_structure": _kind("quadratic loop", "extra work in the hot path", by="replace_structure"),
    "debug_left_on": _kind("debug left on", by="guard_debug"),
    "deep_copy": _kind("deep copy", by="drop_copy"),
    "dependency_upgrade": _kind("dependency upgrade", by="pin_dependency"),
    "exceptions": _kind("exceptions in the hot path", by="check_first"),
    "experiment_arm": _kind("flag or experiment rollout", by="roll_back_flag"),
    "extra_work": _kind("extra work in the hot path", "expensive call", by="hoist"),
    "flag_rollout": _kind("flag or experiment rollout", by="roll_back_flag"),
    "import_in_function": _kind("import in the hot path", by="import_at_top"),
    "lock_contention": _kind("lock contention", by="narrow_lock"),
    "logging_volume": _kind("logging volume", by="lower_log_volume"),
    "lost_cache": _kind("lost cache", by="restore_cache"),
    "n_plus_one": _kind("n plus one calls", by="batch_calls"),
    "over_fetch": _kind("more items", "n plus one calls", by="fetch_less"),
    "parse_each_request": _kind(
        "lost cache", "extra work in the hot path", "expensive call", by="hoist restore_cache"
    ),
    "quadratic_loop": _kind("quadratic loop", by="replace_structure hoist"),
    "regular_expression": _kind("regular expression", by="precompile"),
    "serialisation": _kind("serialisation", by="fetch_less"),
    "slower_algorithm": _kind(
        "extra work in the hot path", "expensive call", "quadratic loop", by="replace_structure"
    ),
    "shrunk_cache": _kind("lost cache", by="restore_cache roll_back_flag"),
}
"""Category of a case -> what a right answer says of it."""
MECHANISMS = frozenset(category for kind in KINDS.values() for category in kind.categories)
"""Every category of skills that is of some kind of cause."""
REVERTS = frozenset({"revert", "fix_forward"})
"""Mitigations that fit every cause in code."""


def names_category(truth: str, said: str) -> bool | None:
    """Return whether a diagnosis names the category of a case; None where no answer is told."""
    return said in KINDS[truth].categories if truth in KINDS else None


def fits_mitigation(truth: str, kind: str, said: str) -> bool | None:
    """Return whether a mitigation does away with a cause; None where no answer is told.

    Parameters
    ----------
    truth : str
        Category of the case.
    kind : str
        Of the change that did it: what is no code cannot be reverted in code.
    said : str
        The mitigation.
    """
    if truth not in KINDS:
        return None
    return said in KINDS[truth].mitigations | (REVERTS if kind == "commit" else frozenset())
