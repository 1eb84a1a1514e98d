"""Skills of offense: which waste each is for, and what speaks against mending it."""

import json
import runpy
from collections import defaultdict
from pathlib import Path

import pytest

from workbench.agent import Budget, load_skills, make_model, match_skills, sides
from workbench.agent.grounding import unsupported
from workbench.agent.nodes import select_skills
from workbench.agent.playbook import Reply
from workbench.opportunity import PATTERNS
from workbench.types import MITIGATIONS

FOLDER = Path(__file__).parents[2] / "skills"
SKILLS = {skill.name: skill for skill in load_skills(FOLDER, "offense")}
DOUBTS = {
    name: runpy.run_path(str(skill.folder / "scripts" / "playbook.py"))["DOUBTS"]
    for name, skill in SKILLS.items()
}


def skills_of(pattern):
    told = {"pattern": pattern, "edits": []}
    return [name for name, skill in SKILLS.items() if skill.relevance(told) == 1]


HOME = {pattern: skills_of(pattern) for pattern in PATTERNS}
PATTERNS_OF = defaultdict(list)
for each, names in HOME.items():
    for one in names:
        PATTERNS_OF[one].append(each)

each_skill = pytest.mark.parametrize("name", SKILLS)


def facts(pattern, code="x = 1", *, edits=None, past=(), **place):
    """What triage finds of a place, in a function of its own, with one edit of its kind."""
    lines = "\n".join(f"    {line}" for line in code.split("\n"))
    mitigation = PATTERNS[pattern].mitigation
    known = [{"mitigation": mitigation, "summary": f"Edit f in {pattern}", "diff": ""}]
    return {
        "opportunity_id": "0" * 12, "service": "shop", "pattern": pattern,
        "title": "Do less in f", "function": "pkg.m:f", "path": "pkg/m.py", "line": 11,
        "end_line": 11, "share": 0.05, "saving": {"value": 0.04, "low": 0.02, "high": 0.05},
        "chance": 0.7, "mitigation": mitigation,
        "code": {"start_line": 10, "text": f"def f(a):\n{lines}"},
        "edits": known if edits is None else edits, "past": list(past),
        "call_ids": {
            "get_opportunity": "t-1", "read_code": "t-2", "preview_edits": "t-3",
            "similar_cases": "t-4",
        },
        **place,
    }  # fmt: skip


def mend(skill, told, found=None):
    """Play a playbook over replies to `search_code`, one after the other; return its report, and
    the calls it made, as the ledger keeps them.
    """
    playbook = skill.investigate(told)
    replies = iter(found or [])
    ledger = {}
    reply = None
    while True:
        try:
            wanted = playbook.send(reply)
        except StopIteration as end:
            return end.value, ledger
        reply = Reply({"lines": next(replies, []), "more": False})
        reply.call_id = f"call-{len(ledger) + 1}"
        assert skill.allows(wanted.tool)
        ledger[reply.call_id] = {
            "tool": wanted.tool, "arguments": dict(wanted.arguments), "reply": json.dumps(reply),
            "failed": False,
        }  # fmt: skip


def row(line, text, path="pkg/other.py"):
    return {"path": path, "line": line, "text": text}


def test_there_is_one_skill_for_each_kind_of_waste():
    assert {pattern: len(names) for pattern, names in HOME.items()} == dict.fromkeys(PATTERNS, 1)
    assert {*PATTERNS_OF} == {*SKILLS}


@each_skill
def test_a_skill_is_told_by_what_mends_its_kinds_of_waste(name):
    skill = SKILLS[name]
    mending = {PATTERNS[pattern].mitigation for pattern in PATTERNS_OF[name]}
    assert skill.metadata["mitigation"] in mending <= {*MITIGATIONS}
    past = {kind for pattern in PATTERNS_OF[name] for kind in PATTERNS[pattern].categories}
    assert not past or skill.metadata["category"] in past
    for mitigation in mending:
        assert f"`{mitigation}`" in skill.body


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_skill_for_a_waste_is_selected_alone(pattern):
    """Another would not know what speaks against an edit."""
    model = make_model("playbook", SKILLS)
    node = select_skills(sides.OFFENSE, model, SKILLS, Budget())
    assert node({"facts": facts(pattern), "spent": {}})["skills"] == HOME[pattern]


def test_for_a_waste_that_no_skill_knows_one_that_knows_the_edit_is_selected():
    known = {name: skill for name, skill in SKILLS.items() if name != "needless-copies"}
    node = select_skills(sides.OFFENSE, make_model("playbook", known), known, Budget())
    told = node({"facts": facts("deep_copy_only_read"), "spent": {}})
    assert told["skills"] == ["serialization-round-trips"]


@each_skill
def test_a_skill_of_offense_has_nothing_to_say_of_a_regression(name):
    assert SKILLS[name].relevance({"regression_id": "R-1"}) == 0


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_known_edit_is_made_unless_something_speaks_against_it(pattern):
    told = facts(pattern)
    report, _ = mend(SKILLS[HOME[pattern][0]], told)
    assert report.mitigation == PATTERNS[pattern].mitigation
    assert report.functions == ["pkg.m:f"]
    assert report.confidence == pytest.approx(told["chance"])
    assert [item.call_id for item in report.evidence] == ["t-1", "t-3"]
    left, asked = mend(SKILLS[HOME[pattern][0]], facts(pattern, edits=[]))
    assert (left.mitigation, left.functions, left.confidence, asked) == ("", [], 0, {})
    assert left.summary == "No edit is known that mends it by itself."


@each_skill
def test_where_a_reviewer_said_no_it_is_left(name):
    cases = [
        {"case_id": "past-3", "cause": "rejected: two callers write to it", "subject": "pkg.m:f"},
        {"case_id": "past-4", "cause": "approved", "subject": "pkg.m:f"},
    ]
    told = facts(PATTERNS_OF[name][0], past=cases)
    report, asked = mend(SKILLS[name], told)
    assert (report.mitigation, report.confidence, asked) == ("", 0, {})
    assert "past-3" in report.summary
    assert report.evidence[-1].call_id == "t-4"
    report, _ = mend(SKILLS[name], facts(PATTERNS_OF[name][0], past=cases[1:]))
    assert report.mitigation


def test_the_best_of_several_edits_is_named():
    edits = [
        {"mitigation": name, "summary": f"By {name}", "diff": ""} for name in ("hoist", "add_cache")
    ]
    asked = [mend(SKILLS["invariant-work"], facts("invariant_call", edits=edits))[0].mitigation]
    asked += [mend(SKILLS["cache-candidates"], facts("computed_twice", edits=edits))[0].mitigation]
    assert asked == ["hoist", "add_cache"]


SPEAKS_AGAINST = {
    "needless-copies": [
        ("with self._lock:", "with open(path) as block:"),
        ("self.before = copy.deepcopy(state)", "state = copy.deepcopy(state)"),
        ("rows = await fetch(copied)", "rows = fetch(awaited)"),
        ("pool.submit(run, copied)", "form.submitted(copied)"),
        ("snapshot = deepcopy(tree)", "rows = deepcopy(snapshot)"),
    ],
    "repeated-parsing": [
        ('re.search(rf"{word}$", text)', 're.search(r"{2}$", text)'),
        ('label = gettext("Total")', 'label = get("Total")'),
        ("rows = json.load(stream)", "rows = json.loads(text)"),
        ('found["x"] = 1', 'if found["x"] == 1:'),
        ('zone = settings.ZONE', "zone = presettings"),
    ],
    "same-question-again": [
        ("if path.stat().st_mtime > seen:", "status = path.read_text()"),
        ('open("/proc/meminfo")', 'open("data/process")'),
        ('open(path, "w")', 'open(path, "r")'),
        ("time.sleep(1)", "sleeper(1)"),
        ("if monotonic() > deadline:", "if now > start:"),
        ("name = current_user.name", "name = username"),
    ],
    "serialization-round-trips": [
        ("json.loads(json.dumps(x, default=str))", "json.loads(json.dumps(x))"),
        ('text.encode("ascii", "ignore")', 'text.encode("ascii")'),
        ("except (TypeError, ValueError):", "except OSError:"),
        ('float(f"{x:.2f}")', 'float(f"{x}")'),
        ('copied["x"] = 1', 'one = copied["x"]'),
        ("if isinstance(value, list):", "if isinstance(value, Shop):"),
    ],
    "unbatched-io": [
        ("os.fsync(out.fileno())", "out.write(fsyncing)"),
        ("session.commit()", "session.committed"),
        ("except KeyError:", "raise KeyError"),
        ("break", "breaks = 1"),
        ("time.sleep(pause)", "asleep = pause"),
        ("sys.stdout.write(line)", "out.write(line)"),
        ("previous = row", "following = row"),
    ],
    "cache-candidates": [
        ("since = time.time() - a", "since = timed(a)"),
        ("return random.choice(xs)", "return randomly(xs)"),
        ("if has_permission(name):", "if has_name(name):"),
        ("yield part", "return yielded"),
        ('zone = os.environ["TZ"]', 'zone = zones["TZ"]'),
        ("def g(xs: list[int]) -> int:", "def g(x: int) -> list[int]:"),
        ("def g(text: str) -> str:", "def g(code: str) -> str:"),
        ("return [x for x in xs]", "return sum(xs)"),
        ("logger.info(x)", "login(x)"),
    ],
    "exceptions-as-control-flow": [
        ("stream = open(path)", "stream = reopened(path)"),
        ("with self._lock:", "with self._rows:"),
        ("x = todo.popleft()", "x = todo[0]"),
        ("x = float(text)", "x = row.float(text)"),
        ("except (AttributeError, KeyError):", "except KeyError:"),
        ("rows = defaultdict(list)", "rows = dict()"),
        ("if x is None:", "if x == 0:"),
    ],
    "logging-in-hot-loops": [
        ("logger.debug(todo.pop())", 'logger.debug("%s", todo)'),
        ("audit.debug(x)", "editor.debug(x)"),
        ("logger.setLevel(10)", "level = 10"),
        ('log.bind(x=1).debug("x")', 'log.debug("x")'),
        ('logger.info("x")', 'logger.debug("x")'),
    ],
    "slow-containers": [
        ("seen.append([a, b])", "seen.append(a)"),
        ('if x in ("a", "b", "c"):', 'if x in ("a", "b", "c", "d", "e"):'),
        ("total = np.sum(xs)", "total = sum(xs)"),
        ("last = xs[-1]", "last = xs[key]"),
        ("xs.pop()", "xs.pop(0)"),
        ("if isinstance(x, bool):", "if isinstance(x, Card):"),
    ],
    "grown-piece-by-piece": [
        ("found.append((node, path))", "found.append(node)"),
        ("yield text", "text += part"),
        ('if text.endswith(","):', "if ended:"),
        ("total = np.array(xs) + part", "total = xs + part"),
        ("total = round(total + x, 2)", "total = total + x"),
        ("later.append(lambda: text)", "later.append(text)"),
    ],
    "more-than-asked": [
        ('",".join(sorted(xs))', "set(sorted(xs))"),
        ("any([seen.add(x) for x in xs])", "any([is_seen(x) for x in xs])"),
        ("rows.setdefault(key, create_row(key))", "rows.setdefault(key, made(key))"),
        ("validate_row(x)", "is_valid = x"),
        ("sorted(xs, key=age)[-1]", "sorted(xs, key=age)[0]"),
        ("except IndexError:", "except OSError:"),
        ("total = len(xs)", "first = xs[0]"),
        ("with self.lock:", "with opened:"),
    ],
    "invariant-work": [
        ("while not stop.is_set():", "while n < most:"),
        ("at = datetime.now()", "at = now"),
        ("self.n += 1", "n += self.n"),
        ("global n", "n = globally"),
        ("except ValueError:", "raise ValueError"),
        ("x = next(rows)", "x = rows[0]"),
        ("todo.pop()", "todo.popular"),
        ("await send(x)", "send(awaited)"),
    ],
    "made-per-call": [
        ("except ImportError:", "except KeyError:"),
        ('if sys.platform == "win32":', 'if system == "win32":'),
        ("import pandas as pd", "import pandas_free as pd"),
        ("from .rows import read", "from shop.rows import read"),
        ("self.cond.wait()", "self.cond.waiting"),
        ("return made.hexdigest()", "return made.digests"),
        ("done = lambda x=x: x", "done = lambda x: x"),
    ],
}  # fmt: skip
EACH_DOUBT = [
    pytest.param(name, number, *lines, id=f"{name}-{number}")
    for name, rows in SPEAKS_AGAINST.items()
    for number, lines in enumerate(rows)
]


def test_each_doubt_has_its_example():
    assert {name: len(rows) for name, rows in SPEAKS_AGAINST.items()} == {
        name: len(doubts) for name, doubts in DOUBTS.items()
    }


@pytest.mark.parametrize(("name", "number", "guilty", "innocent"), EACH_DOUBT)
def test_a_doubt_is_raised_by_a_line_and_not_by_one_that_looks_like_it(
    name, number, guilty, innocent
):
    doubt = DOUBTS[name][number]
    pattern = PATTERNS_OF[name][0]
    doubtful = facts(pattern, f"x = 1\n{guilty}")
    report, _ = mend(SKILLS[name], doubtful)
    claims = [item for item in report.evidence if item.claim.startswith(f"{doubt.why}: `")]
    assert [item.call_id for item in claims] == ["t-2"]
    shown = {"tool": "read_code", "arguments": {}, "failed": False,
             "reply": json.dumps(doubtful["code"])}  # fmt: skip
    assert unsupported(claims[0].claim, shown) == ""
    assert (report.mitigation == "") == (doubt.odds == 0)
    assert report.confidence < doubtful["chance"]
    for harmless in (innocent, f"y = 2  # {guilty}"):
        report, _ = mend(SKILLS[name], facts(pattern, f"x = 1\n{harmless}"))
        assert not any(item.claim.startswith(doubt.why) for item in report.evidence)


@each_skill
def test_what_speaks_against_an_edit_is_told_in_plain_words(name):
    for doubt in DOUBTS[name]:
        assert 0 <= doubt.odds < 1
        assert not any(sign in doubt.why for sign in "`0123456789:")


def test_two_doubts_weaken_more_than_one():
    codes = ["session.commit()", "session.commit()\nexcept KeyError:"]
    sure = [mend(SKILLS["unbatched-io"], facts("unbatched_calls", c))[0].confidence for c in codes]
    assert 0 < sure[1] < sure[0] < 0.7


def import_facts(line, path="shop/a.py", **more):
    return facts("import_in_function", line, path=path, **more)


def test_an_import_that_breaks_a_circle_is_left():
    skill = SKILLS["made-per-call"]
    back = row(3, "from shop.a import total", "src/shop/b.py")
    for line in ("from shop.b import rate", "from shop import b", "import shop.b"):
        report, ledger = mend(skill, import_facts(line), [[back]])
        assert report.mitigation == ""
        assert "`from shop.a import total`" in report.summary
        assert unsupported(report.evidence[-1].claim, ledger["call-1"]) == ""
    elsewhere = row(3, "from shop.a import total", "shop/c.py")
    other = row(3, "from shop.a import total", "shop/bb.py")
    for lines in ([], [elsewhere, other]):
        report, _ = mend(skill, import_facts("from shop.b import rate"), [lines])
        assert report.mitigation == "import_at_top"


def test_an_import_is_left_where_a_comment_says_why():
    skill = SKILLS["made-per-call"]
    told = import_facts("from shop.b import rate  # avoids a circular import")
    report, ledger = mend(skill, told)
    assert (report.mitigation, ledger) == ("", {})
    assert report.evidence[-1].call_id == "t-2"
    report, _ = mend(skill, import_facts("from shop.b import rate  # of the day"))
    assert report.mitigation == "import_at_top"


def test_of_a_lock_no_imports_are_looked_for():
    told = facts("lock_per_item", "from shop.b import rate  # circular")
    report, ledger = mend(SKILLS["made-per-call"], told)
    assert (report.mitigation, ledger) == ("narrow_lock", {})


def test_questions_of_waste_find_their_skills_and_those_of_regressions_do_not():
    own = list(SKILLS.values())
    asked = {
        "could the deepcopy in load_rules go, nobody writes to it": "needless-copies",
        "would an lru_cache on this pure function pay": "cache-candidates",
        "logger.debug builds json for a line that is dropped": "logging-in-hot-loops",
        "pop(0) on a list of 10000, should it be a deque": "slow-containers",
    }
    assert {question: match_skills(question, own)[:1] for question in asked} == {
        question: [name] for question, name in asked.items()
    }
    assert match_skills("what is for lunch in the canteen", own) == []
    every = load_skills(FOLDER)
    told = "copy.deepcopy of the whole config for each request since the release, +7 % CPU"
    assert match_skills(told, every)[:1] == ["deep-copies"]
