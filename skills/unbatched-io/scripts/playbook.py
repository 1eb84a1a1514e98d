"""Playbook of the skill unbatched-io."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(r"\bf(?:data)?sync\b|\bO_D?SYNC\b"),
        "It has to be on the disk before anything else is done",
        0.0,
    ),
    Doubt(
        re.compile(
            r"\.(?:commit|rollback|begin|begin_nested|savepoint)\(|\batomic\b|\btransaction\b"
        ),
        "Transactions begin or end here, perhaps one for each item",
        0.3,
    ),
    Doubt(
        re.compile(r"^except\b"),
        "What fails is dealt with here, perhaps for each item by itself",
        0.3,
    ),
    Doubt(
        re.compile(r"^break\b"),
        "The loop may end before all items were asked for",
        0.4,
    ),
    Doubt(
        re.compile(r"\bsleep\(|rate_?limit|throttl|back_?off|\bretr(?:y|ies)\b", re.IGNORECASE),
        "Calls are paced, or made again",
        0.2,
    ),
    Doubt(
        re.compile(
            r"\bsys\.std(?:out|err)\b|isatty|progress|\btqdm\b|\.stdin\b|\bPopen\(|\.sendall\("
        ),
        "Somebody reads what is written while it is written",
        0.2,
    ),
    Doubt(
        re.compile(
            r"^(?:prev\w*|previous|last\w*|carry|state)\s*[-+]?=(?!=)|\.shift\(|\.rolling\("
        ),
        "An item depends on the one before it",
        0.3,
    ),
)

relevance, investigate = mending(
    ("unbatched_calls", "small_writes", "unbuffered_file", "row_by_row"),
    category="n plus one calls",
    mitigations=("batch_calls",),
    doubts=DOUBTS,
)
