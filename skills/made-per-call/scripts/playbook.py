"""Playbook of the skill made-per-call."""

import re

from workbench.agent.playbook import (
    Doubt,
    EvidenceItem,
    Finding,
    call,
    cite,
    mending,
    own_lines,
    quote,
)

IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(\w+)|import\s+([\w.]+))")
REASON = re.compile(r"#.*\b(?:circular|cycl\w+|lazy|lazily|optional|slow to import|heavy)\b", re.I)
DOUBTS = (
    Doubt(
        re.compile(r"^except\b.*\b(?:ImportError|ModuleNotFoundError)\b"),
        "What is imported may not be there",
        0.0,
    ),
    Doubt(
        re.compile(r"\bsys\.platform\b|\bos\.name\b|\bplatform\.system\("),
        "What is imported may not be there on each platform",
        0.2,
    ),
    Doubt(
        re.compile(
            r"^(?:import|from)\s+(?:pandas|numpy|torch|tensorflow|matplotlib|scipy|sklearn|boto3|jax)\b"
        ),
        "What is imported takes long to load, which each start would pay for",
        0.3,
    ),
    Doubt(
        re.compile(r"^from\s+\.+\w*(?:\.\w+)*\s+import\b"),
        "A module of the same package may import this one in turn",
        0.5,
    ),
    Doubt(
        re.compile(
            r"\.wait\(|\.notify\w*\(|\bawait\b|\bsleep\(|\.execute\(|\brequests\.\w+\(|\.join\(\)"
        ),
        "It waits here, and a lock that is taken once would be held all the while",
        0.2,
    ),
    Doubt(
        re.compile(
            r"\.(?:digest|hexdigest|reset|writerow|getvalue)\(|\bhashlib\.|\brandom\.Random\("
        ),
        "What is made keeps what it was given, so that each needs its own",
        0.3,
    ),
    Doubt(
        re.compile(r"\blambda\s+[^:]*\w+\s*=\s*\w"),
        "A function binds what differs from round to round",
        0.3,
    ),
)


def look(facts):
    """Look for a comment that says why an import is where it is, and for a circle of imports."""
    if facts["pattern"] != "import_in_function":
        return []
    lines = own_lines(facts)
    for line in lines:
        if REASON.search(line):
            claim = f"A comment says why it is where it is: {quote(line)}"
            return [Finding(EvidenceItem(claim=claim, call_id=facts["call_ids"]["read_code"]), 0.0)]
    imported = {path for line in lines for path in paths_of(line)}
    stem = facts["path"].removesuffix("/__init__.py").removesuffix(".py").rpartition("/")[2]
    pattern = rf"^(from|import) (.*[^A-Za-z0-9_])?{re.escape(stem)}([^A-Za-z0-9_]|$)"
    back = yield call("search_code", pattern=pattern, limit=50)
    for row in back.get("lines", []):
        if any(f"/{row['path']}".endswith(f"/{path}") for path in imported):
            claim = f"What is imported imports this module in turn: {quote(row['text'])}"
            return [Finding(cite(back, claim), 0.0)]
    return []


def paths_of(line):
    """Return the files that a line may import: modules, packages, and modules of packages."""
    found = IMPORT.match(line)
    if not found:
        return []
    base, name, module = found.groups()
    dotted = [module] if module else [base, f"{base.rstrip('.')}.{name}"]
    places = [place.strip(".").replace(".", "/") for place in dotted]
    return [f"{place}{end}" for place in places if place for end in (".py", "/__init__.py")]


relevance, investigate = mending(
    ("import_in_function", "made_per_item", "lock_per_item"),
    category="import in the hot path",
    mitigations=("import_at_top", "reuse_objects", "narrow_lock"),
    doubts=DOUBTS,
    look=look,
)
