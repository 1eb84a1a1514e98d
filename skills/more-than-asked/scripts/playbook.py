"""Playbook of the skill more-than-asked."""

import re

from workbench.agent.playbook import Doubt, mending

DOUBTS = (
    Doubt(
        re.compile(
            r"(?:join|dumps|write\w*|print|render|jsonify|hexdigest|sha\d+|md5)\(.*\b(?:sorted|nsmallest)\("
        ),
        "The order is seen outside",
        0.0,
    ),
    Doubt(
        re.compile(
            r"[\[({][^\])}]*\.(?:append|add|pop|write|send|save|execute|update|delete)\("
            r".*\bfor \w+.* in\b"
        ),
        "Each item is acted upon, so that none may be left out",
        0.0,
    ),
    Doubt(
        re.compile(
            r"\b(?:setdefault|get|pop)\([^,]+,\s*[\w.]*(?:create|register|open|connect|insert|save|next)\w*\("
        ),
        "Making the default does something besides",
        0.0,
    ),
    Doubt(
        re.compile(r"\bvalidat\w*\(|\bfull_clean\(|\bcheck_\w+\(|raise_for_status\("),
        "Items are checked, and a fault in any of them has to be told",
        0.3,
    ),
    Doubt(
        re.compile(r"\bsorted\(.*\bkey\s*=.*\)\[-\d"),
        "Among equal ones the last was taken, and another would be",
        0.3,
    ),
    Doubt(
        re.compile(r"^except\b.*(?:IndexError|StopIteration|ValueError)"),
        "That there is none is told by an exception",
        0.4,
    ),
    Doubt(
        re.compile(r"\bn?_?total\w*\s*=|[\"'](?:total|count|has_more)\w*[\"']\s*:"),
        "How many there are in all is told too",
        0.5,
    ),
    Doubt(
        re.compile(r"\byield\b|\bawait\b|\bwith\b.*(?:lock|transaction|atomic|cursor)"),
        "When it is done may matter to others",
        0.4,
    ),
)

relevance, investigate = mending(
    ("sorted_for_few", "order_lost", "list_for_one", "cut_afterwards", "container_for_one",
     "computed_unused", "eager_default", "list_for_a_loop"),
    category="extra work in the hot path",
    mitigations=("do_less", "fetch_less"),
    doubts=DOUBTS,
)  # fmt: skip
