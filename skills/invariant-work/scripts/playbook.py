"""Playbook of the skill invariant-work."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(r"\bwhile\b.*\b(?:is_set|ready|running|done|stopped|alive|pending)\b"),
        "The loop waits for something to change",
        0.0,
    ),
    Doubt(
        re.compile(
            r"\brandom\b|\bsecrets\.|\buuid[14]\b|\b(?:now|utcnow|today|monotonic|perf_counter)\(\)"
        ),
        "Something is meant to differ from round to round",
        0.3,
    ),
    Doubt(
        re.compile(
            r"^self\.\w+(?:\[[^\]]*\])*\s*[-+*/|&]?=(?!=)|\bsetattr\(|^self\.\w+\.\w+\(.*\)$"
        ),
        "The object is changed here, on which the answer may depend",
        0.4,
    ),
    Doubt(
        re.compile(r"\bglobal\b|\bnonlocal\b"),
        "A variable of others is changed here, on which the answer may depend",
        0.3,
    ),
    Doubt(
        re.compile(r"^except\b"),
        "What a round raises is caught, perhaps for that round alone",
        0.4,
    ),
    Doubt(
        re.compile(r"\bnext\(\w+\)|\.read(?:line)?\(|\biter\("),
        "Something is used up from round to round",
        0.3,
    ),
    Doubt(
        re.compile(r"\.(?:pop|popitem|remove|discard|sort|reverse|clear)\("),
        "A container is changed here, of which each round may need its own",
        0.4,
    ),
    Doubt(
        re.compile(r"\bawait\b|\byield\b"),
        "Others run between two rounds",
        0.4,
    ),
)

relevance, investigate = mending(
    ("invariant_call", "invariant_property", "invariant_in_helper"),
    category="expensive call",
    mitigations=("hoist", "add_cache"),
    doubts=DOUBTS,
)
