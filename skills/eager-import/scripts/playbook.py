"""Playbook of the skill eager-import."""

import re

from workbench.agent.playbook import (
    CLEAR,
    LIKELY,
    Sign,
    grown,
    mechanism,
    name_of,
    quote,
    weaken,
)

IN_FUNCTION = re.compile(
    r"^\s+(?:import\s+\w|from\s+[\w.]+\s+import\b)|import_module\(|__import__\(|\brequire\(|entry_points\(|Class\.forName"
)
AT_TOP = re.compile(r"^(?:import\s+\w|from\s+[\w.]+\s+import\b)")
FRAMES = re.compile(
    r"importlib|_find_and_load|_handle_fromlist|import_module|_bootstrap|entry_points|plugin",
    re.IGNORECASE,
)


def signs(suspect, scene):
    """An import in a function that runs often, or a heavy one at the top of a program."""
    if suspect.key:
        return []
    imports = [*grown(scene, FRAMES, CLEAR)]
    seen = [*_raw(suspect, IN_FUNCTION, CLEAR if imports else LIKELY)]
    if not seen and imports:
        seen = [*_raw(suspect, AT_TOP, LIKELY)]
    return [*seen, *imports] if seen else []


def _raw(suspect, pattern, odds):
    """Like added_line, where the blanks at the front count."""
    for edit in suspect.diff.new:
        text = f"    {edit.text}" if edit.is_indented and edit.function else edit.text
        if pattern.search(text):
            odds = weaken(odds, suspect.nearness(edit))
            yield Sign(f"The change adds an import: {quote(edit.text)}", odds)
            return


relevance, investigate = mechanism(
    signs,
    category="import in the hot path",
    mitigation="import_at_top",
    tell=lambda suspect: f"{name_of(suspect)} imports each time it runs since {suspect.id}.",
)
