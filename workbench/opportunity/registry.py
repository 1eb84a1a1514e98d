"""Every pattern by name: what it is, what mends it, what that usually brings.

`part` is what of the cost of the matched lines usually goes away, and `chance` how often an edit of
the kind holds: both are judgements of what the edit leaves to do and of what can go wrong with it,
to be replaced by counts once enough patches were verified.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.opportunity.pattern import Pattern
from workbench.opportunity.rules import (
    batching,
    caching,
    concatenation,
    containers,
    copies,
    deferring,
    exceptions,
    frames,
    invariants,
    logs,
    objects,
    parsing,
    round_trips,
    selection,
    settings,
    sorting,
)

_COPY = ("deep copy", "serialisation", "allocation and GC")
_LOG = ("logging volume", "debug left on")
_EXTRA = ("extra work in the hot path", "expensive call")
_QUADRATIC = ("quadratic loop",)
_CACHE = ("lost cache", *_EXTRA)

PATTERNS: Mapping[str, Pattern] = {
    "deep_copy_only_read": Pattern(
        "Hand on the object itself in place of a deep copy of it",
        "a deep copy that nobody changes below its top",
        "drop_copy", (0.8, 0.95, 1.0), 0.5, 0.7, copies.deep_copies, _COPY,
    ),
    "deep_copy_handed_on": Pattern(
        "Hand on the object, or a shallow copy, in place of a deep copy",
        "a deep copy made in case somebody changes it",
        "drop_copy", (0.3, 0.85, 1.0), 1.0, 0.4, copies.handed_on_copies, _COPY,
    ),
    "copy_only_read": Pattern(
        "Loop over the container itself in place of a copy of it",
        "a copy of a container that is only read",
        "drop_copy", (0.3, 0.8, 1.0), 0.25, 0.7, copies.shallow_copies, _COPY,
    ),
    "container_round_trip": Pattern(
        "Make the container that is wanted at once",
        "a container made only to be made into another",
        "do_less", (0.2, 0.4, 0.6), 0.25, 0.8, copies.round_conversions, _EXTRA,
    ),
    "list_for_a_loop": Pattern(
        "Hand items on one by one in place of a list of all",
        "a list that exists to be run over once",
        "do_less", (0.02, 0.1, 0.3), 0.25, 0.6, copies.chained_lists, _EXTRA,
    ),
    "constant_pattern": Pattern(
        "Compile the pattern once, when the module is loaded",
        "compiling a pattern, or looking it up among those compiled, at each call",
        "precompile", (0.5, 0.9, 1.0), 0.25, 0.85, parsing.constant_patterns,
        ("regular expression",),
    ),
    "plain_pattern": Pattern(
        "Ask a method of texts in place of a regular expression",
        "a regular expression for plain text",
        "precompile", (0.3, 0.6, 0.8), 0.25, 0.7, parsing.literal_patterns,
        ("regular expression",),
    ),
    "constant_made_each_call": Pattern(
        "Make the constant once, when the module is loaded",
        "making the same value of constants at each call",
        "precompile", (0.8, 0.95, 1.0), 0.25, 0.85, parsing.constants_made, _EXTRA,
    ),
    "table_made_each_call": Pattern(
        "Make the table once, when the module is loaded",
        "making the same table of constants at each call",
        "precompile", (0.7, 0.95, 1.0), 0.25, 0.8, parsing.constant_tables, _EXTRA,
    ),
    "parsed_again": Pattern(
        "Parse once, and keep what was read",
        "parsing the same text again",
        "add_cache", (0.4, 0.8, 1.0), 0.75, 0.55, settings.parsed_again,
        ("serialisation", *_CACHE),
    ),
    "file_read_each_call": Pattern(
        "Read the file once, and keep what it says",
        "reading the same file at each call",
        "add_cache", (0.7, 0.95, 1.0), 0.75, 0.6, parsing.files_read_again, _CACHE,
    ),
    "same_question_each_call": Pattern(
        "Ask once, when the module is loaded, or keep the answer",
        "asking with the same constants at each call",
        "add_cache", (0.6, 0.95, 1.0), 0.5, 0.6, parsing.constant_questions, _CACHE,
    ),
    "round_trip": Pattern(
        "Hand the value on without writing and reading it",
        "writing a value as text only to read it back",
        "drop_copy", (0.6, 0.9, 1.0), 0.5, 0.6, round_trips.round_trips, ("serialisation",),
    ),
    "unbatched_calls": Pattern(
        "Ask for all items in one call",
        "a call for each item where one could ask for all",
        "batch_calls", (0.2, 0.6, 0.9), 1.0, 0.5, batching.unbatched_calls, ("n plus one calls",),
    ),
    "small_writes": Pattern(
        "Collect what is written or read, and do it at once",
        "a system call for each piece",
        "batch_calls", (0.4, 0.8, 0.95), 0.5, 0.6, batching.small_writes, ("n plus one calls",),
    ),
    "unbuffered_file": Pattern(
        "Write through a buffer",
        "a system call for each piece",
        "batch_calls", (0.5, 0.85, 0.95), 0.25, 0.6, batching.unbuffered_files, (),
    ),
    "cache_candidate": Pattern(
        "Keep the answers of a pure function",
        "computing the same answers again",
        "add_cache", (0.05, 0.4, 0.9), 0.75, 0.35, caching.cache_candidates, _CACHE,
    ),
    "computed_twice": Pattern(
        "Compute once, and hand the answer on",
        "the same pure call with the same arguments twice",
        "add_cache", (0.5, 0.9, 1.0), 0.5, 0.6, caching.repeated_calls, _CACHE,
    ),
    "exception_for_common": Pattern(
        "Ask first in place of raising for what is common",
        "raising and catching an exception in the common case",
        "check_first", (0.2, 0.5, 0.8), 0.5, 0.6, exceptions.caught_for_common,
        ("exceptions in the hot path",),
    ),
    "log_per_item": Pattern(
        "Write one line for all, or ask first whether lines are wanted",
        "a line of a log for each item, mostly dropped",
        "guard_debug", (0.3, 0.8, 1.0), 0.5, 0.55, logs.logged_per_item, _LOG,
    ),
    "dear_log_fields": Pattern(
        "Make what a line of a log says only where it is kept",
        "text and fields of lines that are dropped",
        "guard_debug", (0.4, 0.85, 1.0), 0.5, 0.6, logs.dear_fields, _LOG,
    ),
    "list_membership": Pattern(
        "Ask a set in place of a list",
        "looking through a list for a member",
        "replace_structure", (0.4, 0.8, 0.95), 0.5, 0.65, containers.list_membership, _QUADRATIC,
    ),
    "list_as_queue": Pattern(
        "Take from the front of a deque in place of a list",
        "moving all of a list for each item at its front",
        "replace_structure", (0.3, 0.7, 0.95), 0.5, 0.6, containers.lists_as_queues, _QUADRATIC,
    ),
    "scan_in_loop": Pattern(
        "Look up in a dict made once in place of looking through all",
        "looking through a collection for each item of another",
        "replace_structure", (0.5, 0.85, 0.98), 0.75, 0.6, containers.scans_in_loops, _QUADRATIC,
    ),
    "double_lookup": Pattern(
        "Look up once, with a default",
        "asking for a key twice",
        "check_first", (0.05, 0.2, 0.4), 0.25, 0.6, containers.double_lookups, (),
    ),
    "sorted_for_few": Pattern(
        "Take the least, or the few least, without sorting all",
        "sorting all for the first few",
        "do_less", (0.2, 0.6, 0.9), 0.25, 0.7, sorting.sorted_for_few, _EXTRA,
    ),
    "order_lost": Pattern(
        "Leave out sorting whose order nobody looks at",
        "sorting what no order is asked of, or again after each addition",
        "do_less", (0.5, 0.8, 1.0), 0.25, 0.7, sorting.order_lost, _EXTRA,
    ),
    "list_for_one": Pattern(
        "Stop at the first, or count without a list",
        "a whole list for one question",
        "do_less", (0.05, 0.3, 0.8), 0.25, 0.7, selection.lists_for_one, _EXTRA,
    ),
    "cut_afterwards": Pattern(
        "Cut first, and compute only what is shown",
        "computing what is cut off afterwards",
        "fetch_less", (0.2, 0.6, 0.9), 0.75, 0.5, deferring.cut_afterwards, ("more items", *_EXTRA),
    ),
    "container_for_one": Pattern(
        "Look for the one that is wanted without making a container of all",
        "a container of all for one look-up",
        "do_less", (0.2, 0.5, 0.9), 0.5, 0.55, selection.containers_for_one, _EXTRA,
    ),
    "computed_unused": Pattern(
        "Compute only where the answer is used",
        "an answer that a later test makes needless",
        "do_less", (0.1, 0.5, 0.9), 0.5, 0.6, deferring.computed_unused, _EXTRA,
    ),
    "eager_default": Pattern(
        "Make the default only where the key is missing",
        "making a default that is thrown away",
        "do_less", (0.3, 0.7, 0.95), 0.25, 0.7, deferring.eager_defaults, _EXTRA,
    ),
    "grown_text": Pattern(
        "Collect the parts and join them once",
        "copying a text for each part that is added",
        "replace_structure", (0.1, 0.4, 0.9), 0.25, 0.6, concatenation.grown_texts, _QUADRATIC,
    ),
    "grown_container": Pattern(
        "Add in place in place of making a longer copy",
        "copying a container for each item that is added",
        "replace_structure", (0.5, 0.85, 0.98), 0.25, 0.7, concatenation.grown_containers,
        _QUADRATIC,
    ),
    "summed_lists": Pattern(
        "Chain lists in place of summing them",
        "copying a list for each part that is added",
        "replace_structure", (0.4, 0.8, 0.97), 0.25, 0.75, concatenation.summed_lists, _QUADRATIC,
    ),
    "growing_slice": Pattern(
        "Carry the sum along in place of going over all before",
        "going over all that came before on each round",
        "replace_structure", (0.6, 0.9, 0.98), 0.5, 0.5, invariants.growing_slices, _QUADRATIC,
    ),
    "invariant_call": Pattern(
        "Compute before the loop what is the same on each round",
        "the same answer computed on each round",
        "hoist", (0.6, 0.9, 0.99), 0.25, 0.7, invariants.invariant_calls, _EXTRA,
    ),
    "invariant_property": Pattern(
        "Read the property once, before the loop",
        "a property that computes the same on each round",
        "hoist", (0.6, 0.9, 0.99), 0.25, 0.65, invariants.properties_in_loops, _EXTRA,
    ),
    "invariant_in_helper": Pattern(
        "Compute once for all items what a helper computes for each",
        "the same answer computed for each item, in a helper",
        "hoist", (0.5, 0.9, 0.99), 0.5, 0.55, invariants.invariant_in_helper, _EXTRA,
    ),
    "setting_in_loop": Pattern(
        "Read the setting once, before the loop",
        "reading a setting or flag on each round",
        "hoist", (0.6, 0.9, 0.98), 0.25, 0.65, invariants.settings_in_loops, _EXTRA,
    ),
    "clock_in_loop": Pattern(
        "Ask for the time once, and read dates by their form",
        "a clock or a pattern of dates for each item",
        "hoist", (0.3, 0.7, 0.9), 0.5, 0.5, invariants.clocks_in_loops, _EXTRA,
    ),
    "import_in_function": Pattern(
        "Import once, when the module is loaded",
        "looking a module up at each call",
        "import_at_top", (0.6, 0.95, 1.0), 0.25, 0.75, objects.imports_in_functions,
        ("import in the hot path",),
    ),
    "made_per_item": Pattern(
        "Make the helper once",
        "making the same function or class again",
        "reuse_objects", (0.5, 0.9, 1.0), 0.25, 0.65, objects.made_per_item,
        ("allocation and GC",),
    ),
    "lock_per_item": Pattern(
        "Take the lock once for all items",
        "taking a lock for each item",
        "narrow_lock", (0.2, 0.6, 0.9), 0.5, 0.5, objects.locks_per_item, ("lock contention",),
    ),
    "dispatch_chain": Pattern(
        "Look up in a table what to do",
        "testing one kind after the other",
        "replace_structure", (0.05, 0.3, 0.6), 0.75, 0.35, objects.dispatch_chains, (),
    ),
    "row_by_row": Pattern(
        "Work on whole columns in place of rows",
        "calling Python for each row of a frame or array",
        "batch_calls", (0.5, 0.9, 0.99), 1.0, 0.5, frames.rows_one_by_one, (),
    ),
}  # fmt: skip
"""By name, which never changes: ids of opportunities are made of it."""
