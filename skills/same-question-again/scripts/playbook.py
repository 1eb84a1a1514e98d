"""Playbook of the skill same-question-again."""

import re

from workbench.agent.playbook import Doubt, mending, writes_by_askers

DOUBTS = (
    Doubt(
        re.compile(
            r"\bst_mtime\b|getmtime\(|\.stat\(|reload|inotify|watch(?:er|dog)|invalidat|expire|\bttl\b",
            re.IGNORECASE,
        ),
        "It looks whether the answer has changed since",
        0.0,
    ),
    Doubt(
        re.compile(r"[\"']/(?:proc|sys)/"),
        "It asks how the machine is at the moment",
        0.0,
    ),
    Doubt(
        re.compile(
            r"\.write_(?:text|bytes)\(|\bopen\([^)]*[\"'](?:[wxa]b?\+?|r\+)[\"']|"
            r"environ\[[^\]]+\]\s*=(?!=)|\b(?:put|set)env\(|tempfile\."
        ),
        "What is asked for is written here too",
        0.0,
    ),
    Doubt(
        re.compile(r"\bsleep\(|\bpoll\w*\(|\.is_set\(|\bwhile True\b|\bwhile not\b"),
        "It asks until the answer changes",
        0.0,
    ),
    Doubt(
        re.compile(r"\bdeadline|\btime_?out|\belapsed|perf_counter\(|monotonic\(", re.IGNORECASE),
        "Time that passes in between is what it asks for",
        0.2,
    ),
    Doubt(
        re.compile(
            r"\brequest\.|current_user|\buser(?:_id|\.)|\btenant|\bsession\.|\blocale\b|get_language"
        ),
        "The answer depends on who asks",
        0.3,
    ),
)

relevance, investigate = mending(
    ("file_read_each_call", "same_question_each_call", "setting_in_loop", "clock_in_loop"),
    category="lost cache",
    mitigations=("add_cache", "hoist"),
    doubts=DOUBTS,
    look=writes_by_askers(["file_read_each_call"]),
)
