"""Playbook of the skill needless-copies."""

import re

from workbench.agent.playbook import Doubt, mending, writes_by_askers

_COPIES = r"(?:copy\.)?(?:deep)?copy\("
DOUBTS = (
    Doubt(
        re.compile(r"\bwith\b[^:]*(?:\b|_)r?lock|\.acquire\(", re.IGNORECASE),
        "What is copied is guarded by a lock",
        0.0,
    ),
    Doubt(
        re.compile(rf"\bself\.\w+(?:\[[^\]]*\])?\s*=\s*{_COPIES}|\.(?:append|add)\(\s*{_COPIES}"),
        "The copy is kept as the value was at that time",
        0.0,
    ),
    Doubt(
        re.compile(r"\bawait\b|\byield\b|\basync for\b"),
        "Others run while the copy is in use, and may change the original",
        0.3,
    ),
    Doubt(
        re.compile(
            r"\b(?:submit|Thread|Process|create_task|run_in_executor|put_nowait|apply_async)\("
        ),
        "The value goes to somebody who runs at the same time",
        0.3,
    ),
    Doubt(
        re.compile(
            r"\b\w*(?:snapshot|backup|rollback|undo|previous|original|before)\w*\s*=(?!=)",
            re.IGNORECASE,
        ),
        "The copy is what is compared with, or gone back to, later",
        0.3,
    ),
)

relevance, investigate = mending(
    ("deep_copy_only_read", "deep_copy_handed_on", "copy_only_read", "container_round_trip"),
    category="deep copy",
    mitigations=("drop_copy", "do_less"),
    doubts=DOUBTS,
    look=writes_by_askers(["deep_copy_handed_on"]),
)
