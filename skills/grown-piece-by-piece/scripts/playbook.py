"""Playbook of the skill grown-piece-by-piece."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(
            r"\.(?:append|appendleft|add|put|push)\(\s*\(?\s*"
            r"(?:\w+,\s*)?\w*(?:path|prefix|trail|route|chain|so_far|acc)\w*\s*[,)]"
        ),
        "What is there at that point is kept",
        0.0,
    ),
    Doubt(
        re.compile(r"\byield\b|\bawait\b"),
        "What is there so far is seen by others while it grows",
        0.2,
    ),
    Doubt(
        re.compile(r"\.(?:endswith|startswith|rfind|rindex)\(|\w\[-\d+:?\]"),
        "What is there so far is looked at on the way",
        0.4,
    ),
    Doubt(
        re.compile(r"\bnp\.|\bnumpy\b|\bpd\.|\bCounter\(|\bQ\(|\bPath\("),
        "Adding may follow rules of its own",
        0.3,
    ),
    Doubt(
        re.compile(r"\bfsum\(|\bfloat\(|\bDecimal\(|\bround\(|\bmean\("),
        "Numbers that are carried along may be rounded otherwise",
        0.5,
    ),
    Doubt(
        re.compile(r"\blambda\b|\bnonlocal\b|\bglobal\b"),
        "What grows may be held by a function that is called later",
        0.4,
    ),
)

relevance, investigate = mending(
    ("grown_text", "grown_container", "summed_lists", "growing_slice"),
    category="quadratic loop",
    mitigations=("replace_structure",),
    doubts=DOUBTS,
)
