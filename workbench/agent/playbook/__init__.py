"""What a playbook is written with.

A playbook is a file `scripts/playbook.py` of a skill with two functions: `relevance(facts)`, how
well the skill fits, 0 to 1; and `investigate(facts)`, a generator that yields tool calls, receives
replies, and returns the report. A skill that knows one mechanism by its signs has both from::

    relevance, investigate = mechanism(signs, category=..., mitigation=..., tell=...)
"""

from workbench.agent.playbook.askers import writes_by_askers
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
from workbench.agent.playbook.follow import ENOUGH, conclude, follow, mechanism
from workbench.agent.playbook.mend import Doubt, Finding, cite_edit, cite_place, mending, own_lines
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
    UNLIKELY,
    Scene,
    Sign,
    Suspect,
    levels,
    name_of,
)
from workbench.agent.playbook.weigh import (
    MOST_ODDS,
    MOST_PAGES,
    MOST_READ,
    MOST_ROWS,
    WORTH_READING,
    Fit,
    Weighed,
    fit,
    weigh,
)

__all__ = [
    "CLEAR",
    "ENOUGH",
    "HINT",
    "LIKELY",
    "MOST_ODDS",
    "MOST_PAGES",
    "MOST_READ",
    "MOST_ROWS",
    "UNLIKELY",
    "WORTH_READING",
    "Call",
    "Diff",
    "Doubt",
    "Edit",
    "EvidenceItem",
    "Finding",
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
    "cite_edit",
    "cite_place",
    "conclude",
    "fit",
    "follow",
    "grown",
    "growth_of_setting",
    "levels",
    "mechanism",
    "mending",
    "name_of",
    "own_lines",
    "quote",
    "read_diff",
    "removed_line",
    "setting",
    "weaken",
    "weigh",
    "writes_by_askers",
]
