"""What a playbook is written with.

A playbook is a file `scripts/playbook.py` of a skill with two functions::

    def relevance(facts):      # how well the skill fits, 0 to 1
        return fit(facts, signs)


    def investigate(facts):    # yields tool calls, receives replies, returns the report
        return (yield from follow(facts, signs, category=..., mitigation=..., tell=...))
"""

from workbench.agent.playbook.diff import Diff, Edit, read_diff
from workbench.agent.playbook.eyes import (
    added_line,
    carries,
    grown,
    growth_of_setting,
    removed_line,
    setting,
    weaken,
)
from workbench.agent.playbook.paths import bare, quote
from workbench.agent.playbook.protocol import (
    Call,
    EvidenceItem,
    Playbook,
    Reply,
    ReportDiagnosis,
    abstain,
    call,
    cite,
)
from workbench.agent.playbook.suspects import (
    CLEAR,
    HINT,
    LIKELY,
    MOST_ODDS,
    MOST_ROWS,
    UNLIKELY,
    Fit,
    Scene,
    Sign,
    Suspect,
    Weighed,
    conclude,
    fit,
    follow,
    levels,
    name_of,
    weigh,
)

__all__ = [
    "CLEAR",
    "HINT",
    "LIKELY",
    "MOST_ODDS",
    "MOST_ROWS",
    "UNLIKELY",
    "Call",
    "Diff",
    "Edit",
    "EvidenceItem",
    "Fit",
    "Playbook",
    "Reply",
    "ReportDiagnosis",
    "Scene",
    "Sign",
    "Suspect",
    "Weighed",
    "abstain",
    "added_line",
    "bare",
    "call",
    "carries",
    "cite",
    "conclude",
    "fit",
    "follow",
    "grown",
    "growth_of_setting",
    "levels",
    "name_of",
    "quote",
    "read_diff",
    "removed_line",
    "setting",
    "weaken",
    "weigh",
]
