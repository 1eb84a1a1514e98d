"""Playbook of the skill cache-candidates."""

import re

from workbench.agent.playbook import Doubt, mending, writes_by_askers

DOUBTS = (
    Doubt(
        re.compile(
            r"\btime\.(?:time|monotonic|perf_counter)\w*\(|\b(?:now|utcnow|today)\(|\b(?:local|gm)time\("
        ),
        "The answer depends on the time",
        0.0,
    ),
    Doubt(
        re.compile(r"\brandom\b|\bsecrets\.|\buuid[14]\b|\brng\.|token_(?:hex|bytes|urlsafe)\("),
        "The answer depends on chance",
        0.0,
    ),
    Doubt(
        re.compile(
            r"current_user|\brequest\.|\bsession\.|\btenant|\bpermi(?:ssion|tted)|\bhas_perm|\bauthori[sz]"
        ),
        "The answer depends on who asks",
        0.0,
    ),
    Doubt(re.compile(r"\byield\b"), "What it gives can be gone through only once", 0.0),
    Doubt(
        re.compile(
            r"\blocale\b|gettext|get_language|\benviron\b|getenv\(|\btimezone\b|\btzlocal\b"
        ),
        "The answer depends on the language, the time zone or the environment",
        0.2,
    ),
    Doubt(
        re.compile(
            r"\bdef \w+\(.*:\s*(?:list|dict|set|List|Dict|Set|bytearray|np\.ndarray|pd\.\w+)\b.*\)"
        ),
        "What it is asked with can be changed, and is no key",
        0.2,
    ),
    Doubt(
        re.compile(
            r"\bdef \w+\(.*\b(?:text|body|content|html|payload|message|query|document|url|"
            r"timestamp)\b"
        ),
        "What it is asked with may never come twice",
        0.5,
    ),
    Doubt(
        re.compile(r"^return\s+(?:\[|\{|(?:dict|list|set|sorted|defaultdict)\(|\w+\.copy\(|np\.)"),
        "What it gives may be changed by whoever gets it",
        0.4,
    ),
    Doubt(
        re.compile(r"\b(?:log|logger|logging)\.\w+\(|\bprint\(|\.(?:inc|increment|observe)\("),
        "What it does beside giving an answer would be done once only",
        0.5,
    ),
)

relevance, investigate = mending(
    ("cache_candidate", "computed_twice"),
    category="extra work in the hot path",
    mitigations=("add_cache",),
    doubts=DOUBTS,
    look=writes_by_askers(["cache_candidate"]),
)
