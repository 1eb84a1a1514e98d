"""Playbook of the skill repeated-parsing."""

import re

from workbench.agent.playbook import Doubt, mending, writes_by_askers

DOUBTS = (
    Doubt(
        re.compile(
            r"\bre\.\w+\(\s*(?:[rR]?f|[fF][rR]?)[\"']|\bre\.\w+\([^,]*(?:\.format\(|[\"']\s*%\s*\w)|"
            r"\bre\.escape\("
        ),
        "A pattern is put together of what differs from call to call",
        0.4,
    ),
    Doubt(
        re.compile(r"\blocale\.|\bn?gettext\(|\b_\([\"']|get_language\(|\bre\.(?:LOCALE|L)\b"),
        "What is made depends on the language of whoever asks",
        0.3,
    ),
    Doubt(
        re.compile(r"\bjson\.load\(|\bcsv\.(?:Dict)?[rR]eader\(|\bpickle\.load\("),
        "A stream is read, which is empty the next time",
        0.4,
    ),
    Doubt(
        re.compile(
            r"^\w+(?:\[[^\]]+\])+\s*[-+|]?=(?!=)|^del \w+\[|^\w+\.(?:update|popitem|clear)\("
        ),
        "A container is changed here, which may be the one that would be shared",
        0.5,
    ),
    Doubt(
        re.compile(r"\bos\.environ\b|\bgetenv\(|\bsettings\.\w|\bconfig(?:\.|\[)"),
        "What is made may depend on a setting that is changed while the service runs",
        0.6,
    ),
)

relevance, investigate = mending(
    ("constant_pattern", "plain_pattern", "constant_made_each_call", "table_made_each_call",
     "parsed_again"),
    category="regular expression",
    mitigations=("precompile", "add_cache"),
    doubts=DOUBTS,
    look=writes_by_askers(["table_made_each_call", "parsed_again"]),
)  # fmt: skip
