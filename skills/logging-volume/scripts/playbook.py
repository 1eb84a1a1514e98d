"""Playbook of the skill logging-volume."""

import re

from workbench.agent.playbook import (
    HINT,
    LIKELY,
    added_line,
    carries,
    grown,
    mechanism,
    name_of,
    setting,
)

LOGS = re.compile(r"(?:^|[._:/])_*(?:log|trac|telemetr|metric|emit|audit)\w*", re.IGNORECASE)
"""Functions and modules that write lines."""
KEY = re.compile(r"(?:^|[_.])log(?!in|ic|o)|sampl|verbos|(?:^|[_.])trac|telemetr", re.IGNORECASE)
CALL = re.compile(
    r"\b\w*(?:log|logger|logging|slog|zap|tracer|console)\w*\s*\.\s*"
    r"(?:debug|info|warn\w*|error|trace|log|print\w*|write\w*|event)\s*\(|\bLOG\w*\(",
    re.IGNORECASE,
)


def signs(suspect, scene):
    """A setting of logging, or a new line that logs, where functions that log have grown."""
    seen = [
        *setting(suspect, scene, KEY, LIKELY if scene.is_about(suspect.key) else HINT),
        *added_line(suspect, CALL, LIKELY, "logs"),
        *carries(suspect, scene, LOGS, HINT),
    ]
    return [*seen, *grown(scene, LOGS, LIKELY if suspect.key else HINT)] if seen else []


relevance, investigate = mechanism(
    signs,
    far=True,
    category="logging volume",
    mitigation="lower_log_volume",
    tell=lambda suspect: (
        f"{name_of(suspect)} writes more, or dearer, lines of log since {suspect.id}."
    ),
)
