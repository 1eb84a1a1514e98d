"""Playbook of the skill logging-in-hot-loops."""

import re

from workbench.agent.playbook import Doubt, mending

_LOGS = r"\b_?(?:log|logger|logging|LOG|LOGGER)\.\w+\("
DOUBTS = (
    Doubt(
        re.compile(rf"{_LOGS}.*(?:\.pop\w*\(|\bnext\(|\.read\(|\.append\(|\.send\(|:=|\bawait\b)"),
        "Making the line changes something",
        0.0,
    ),
    Doubt(
        re.compile(r"\baudit|\bbilling_log|\bsecurity_log|\bcompliance", re.IGNORECASE),
        "Lines are kept here as evidence",
        0.3,
    ),
    Doubt(
        re.compile(r"\.setLevel\(|\.addFilter\(|\.addHandler\(|\bcaplog\b|\.disable\("),
        "Which lines are wanted is changed here",
        0.3,
    ),
    Doubt(
        re.compile(r"\bstructlog\b|\bloguru\b|\.(?:bind|opt)\("),
        "This logger may decide by something else than its level",
        0.5,
    ),
    Doubt(
        re.compile(r"\b_?(?:log|logger|logging|LOG|LOGGER)\.info\("),
        "Lines of this level are usually kept, and then nothing is saved",
        0.6,
    ),
)

relevance, investigate = mending(
    ("log_per_item", "dear_log_fields"),
    category="logging volume",
    mitigations=("guard_debug",),
    doubts=DOUBTS,
)
