"""Playbook of the skill exceptions-as-control-flow."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(
            r"\bopen\(|\bos\.(?:remove|unlink|mkdir|makedirs|stat|rename|rmdir)\(|\.unlink\(|"
            r"\.exists\(|_nowait\(|\bsocket\b|\.recv\("
        ),
        "Between asking and doing another may come first",
        0.0,
    ),
    Doubt(
        re.compile(r"\bthreading\b|(?:\b|_)r?lock\b|\.acquire\(|\bawait\b", re.IGNORECASE),
        "Others may change what is asked before it is used",
        0.4,
    ),
    Doubt(
        re.compile(r"\.(?:popitem|popleft)\(|\.pop\(\)|\.read(?:line)?\(|\bnext\(\w+\)"),
        "What is tried takes something away, which asking does not",
        0.3,
    ),
    Doubt(
        re.compile(r"(?<![\w.])(?:float|complex|Decimal|Fraction|UUID)\(|\bfromisoformat\("),
        "Which texts it takes is more than a test of their characters tells",
        0.3,
    ),
    Doubt(
        re.compile(r"^except\b.*(?:Exception\b|LookupError|TypeError|AttributeError)"),
        "What is raised further down is caught here too",
        0.4,
    ),
    Doubt(
        re.compile(r"defaultdict|__missing__|\bChainMap\b|\bWeak\w+Dictionary\b"),
        "Looking up does more here than asking whether it is there",
        0.3,
    ),
    Doubt(
        re.compile(r"\bis (?:not )?None\b"),
        "That there is nothing is a value here, other than a missing one",
        0.6,
    ),
)

relevance, investigate = mending(
    ("exception_for_common", "double_lookup"),
    category="exceptions in the hot path",
    mitigations=("check_first",),
    doubts=DOUBTS,
)
