"""Playbook of the skill serialization-round-trips."""

import re

from workbench.agent.playbook import Doubt, mending, writes_by_askers

DOUBTS = (
    Doubt(
        re.compile(r"\b(?:default|cls|object_hook|object_pairs_hook|parse_\w+|sort_keys)\s*=\s*\w"),
        "Writing or reading is asked to change values on the way",
        0.0,
    ),
    Doubt(
        re.compile(
            r"\berrors\s*=|[\"'](?:ignore|replace|backslashreplace|xmlcharrefreplace|surrogate\w+)[\"']"
        ),
        "Characters that cannot be written are dropped or replaced on the way",
        0.0,
    ),
    Doubt(
        re.compile(r"^except\b.*(?:TypeError|ValueError|OverflowError|DecodeError|EncodeError)"),
        "What cannot be written or read is caught here, so that the way is a check",
        0.0,
    ),
    Doubt(
        re.compile(r"%\.\d+f|:\.\d+f\}|\bstrftime\(|\bround\("),
        "Digits, or a part of the time, are dropped on the way",
        0.2,
    ),
    Doubt(
        re.compile(
            r"^\w+(?:\[[^\]]+\])+\s*[-+|]?=(?!=)|^del \w+\[|"
            r"\.(?:update|pop|popitem|setdefault|clear)\("
        ),
        "A value is changed here, which may be shared with the original then",
        0.3,
    ),
    Doubt(
        re.compile(r"\bisinstance\([^)]*\b(?:list|tuple|str|dict|Enum)\b"),
        "Kinds of values are asked for, which writing and reading may change",
        0.4,
    ),
)

relevance, investigate = mending(
    ("round_trip",),
    category="serialisation",
    mitigations=("drop_copy",),
    doubts=DOUBTS,
    look=writes_by_askers(["round_trip"]),
)
