"""Playbook of the skill slow-containers."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(r"\b(?:append|add|insert)\(\s*(?:\[|\{|(?:dict|list|set)\()"),
        "Members are containers themselves, which cannot be hashed",
        0.1,
    ),
    Doubt(
        re.compile(
            r"\bin\s*[\[(](?:[^,()\[\]]+,){1,2}[^,()\[\]]*[\])]\s*(?::|and\b|or\b|else\b|$)"
        ),
        "So few members are looked through as quickly as a set is asked",
        0.4,
    ),
    Doubt(
        re.compile(
            r"\bnp\.|\bnumpy\b|\bpd\.|\bDataFrame\b|\bSeries\b|\bisclose\(|\bapprox\(|"
            r"\bdef __eq__\b"
        ),
        "What is equal follows rules of its own",
        0.3,
    ),
    Doubt(
        re.compile(r"\b(?:enumerate|reversed)\(|\.sort\(|\w\[-?\d*:-?\d*\]|\w\[-\d+\]|\.index\("),
        "The place of a member in the list is asked for",
        0.5,
    ),
    Doubt(
        re.compile(r"\.remove\(|^del \w+\[|\.insert\((?!0\b)|\.pop\((?!0\))"),
        "The list is changed while it is asked",
        0.4,
    ),
    Doubt(
        re.compile(
            r"\bisinstance\(.*\b(?:bool|object|Mapping|Sequence|Iterable|Number|Integral|Real)\b|\bissubclass\("
        ),
        "Kinds overlap, so that the order of the tests matters",
        0.3,
    ),
)

relevance, investigate = mending(
    ("list_membership", "list_as_queue", "scan_in_loop", "dispatch_chain"),
    category="quadratic loop",
    mitigations=("replace_structure",),
    doubts=DOUBTS,
)
