from pathlib import Path

import pytest
import skills_ref

from workbench.agent import Budget, Skill, load_skill, load_skills, make_model, sides
from workbench.agent.nodes import select_skills
from workbench.agent.playbook import Reply, ReportDiagnosis
from workbench.agent.skills import find_faults
from workbench.errors import SkillError
from workbench.types import MITIGATIONS

FOLDER = Path(__file__).parents[2] / "skills"
EVERY = {skill.name: skill for skill in load_skills(FOLDER)}
SKILLS = {name: skill for name, skill in EVERY.items() if skill.side == "defense"}
PLAYBOOK = "def relevance(facts):\n    return 0.0\n\n\ndef investigate(facts):\n    yield\n"
GOOD = '---\nname: s\ndescription: "Use when: it is slow."\n---\nBody.\n'

each_skill = pytest.mark.parametrize("skill", SKILLS.values(), ids=SKILLS.keys())
either_side = pytest.mark.parametrize("skill", EVERY.values(), ids=EVERY.keys())


@pytest.fixture
def make_skill(tmp_path):
    """SKILL.md, playbook (None: none) -> a skill folder."""

    def make(text: str, playbook: str | None = PLAYBOOK, name: str = "s") -> Path:
        folder = tmp_path / name
        (folder / "scripts").mkdir(parents=True)
        (folder / "SKILL.md").write_text(text, encoding="utf-8")
        if playbook is not None:
            (folder / "scripts" / "playbook.py").write_text(playbook)
        return folder

    return make


DEFENSE = """
allocation-and-gc cost-shift debug-left-on deep-copies dependency-upgrade eager-import
exceptions-in-hot-path flag-or-experiment-rollout graphql-endpoint-latency lock-contention
logging-volume lost-cache n-plus-one-calls quadratic-loop regex-cost rollback-or-fix-forward
serialization-schema-change traffic-mix-shift
""".split()
GENERAL = ["cost-outside-the-diff", "extra-work-in-hot-path", "more-items"]


def test_the_skills_are_these():
    assert sorted(SKILLS) == sorted([*DEFENSE, *GENERAL])
    assert [skill.name for skill in load_skills()] == list(EVERY)


@either_side
def test_a_skill_is_accepted_by_the_reference_validator_and_by_ours(skill):
    assert skills_ref.validate(skill.folder) == []
    assert find_faults(skill.folder) == []


@each_skill
def test_a_playbook_asks_for_nothing_that_its_skill_does_not_allow(skill):
    """Fed with replies that say nothing, with errors, and with one that is plainly guilty."""
    for replies in ({}, {"error": True}, ACCUSING):
        asked, report = play(skill, replies)
        assert set(asked) <= skill.allowed_tools
        assert len(asked) <= 9
        assert report.summary
        assert report.change_id in ("", "c" * 12)
        if replies is not ACCUSING:
            assert not report.change_id


ROW = {"function": "pkg.m:f", "before": 1.0, "after": 9.0, "standard_error": 0.1, "z": 80.0}
ACCUSING = {
    "rank_changes": {
        "n_candidates": 3, "none_of_these": 0.1, "unit": "ms",
        "suspects": [{
            "change_id": "c" * 12, "kind": "commit", "title": "Go on", "key": "", "before": "",
            "after": "", "probability": 0.8, "functions": ["pkg.m:f"], "window": 3,
        }],
    },
    "get_change": {
        "change_id": "c" * 12, "next_diff_offset": None,
        "diff": "diff --git a/pkg/m.py b/pkg/m.py\n@@ -1,2 +1,2 @@ def f():\n-    x\n+    walk(y)\n",
    },
    "diff_profile": {
        "unit": "ms", "service": ROW, "function": ROW, "callers": [], "callees": [ROW],
        "own_time": [ROW], "total_time": [ROW],
    },
    "top_endpoints": {"endpoints": []},
    "list_changes": {"changes": []},
    "capacity_cost": {"servers": {"value": 3.0}},
}  # fmt: skip
PATHS = [{"function": "pkg.m:f", "before": 1.0, "after": 9.0, "callers": ["pkg.m:main"]}]


def play(
    skill: Skill, replies: dict, facts: dict | None = None
) -> tuple[list[str], ReportDiagnosis]:
    """Run a playbook over canned replies; return the tools it asked for, and its report."""
    playbook = skill.investigate({"regression_id": "R-1", "paths": PATHS, **(facts or {})})
    asked = []
    reply = None
    while True:
        try:
            wanted = playbook.send(reply)
        except StopIteration as end:
            return asked, end.value
        asked.append(wanted.tool)
        reply = Reply(replies.get(wanted.tool, {}))
        reply.call_id = f"call-{len(asked)}"
        reply.error = "it went wrong" if "error" in replies else ""


@each_skill
def test_a_playbook_cites_calls_that_it_made_and_mitigates_by_name(skill):
    asked, report = play(skill, ACCUSING)
    assert {item.call_id for item in report.evidence} <= {
        f"call-{n}" for n in range(1, len(asked) + 1)
    }
    assert report.evidence
    assert report.mitigation in {"", *MITIGATIONS}


def test_a_suspect_that_explains_nothing_is_not_accused():
    renamed = ACCUSING["get_change"] | {"diff": ""}
    for skill in SKILLS.values():
        _, report = play(skill, ACCUSING | {"get_change": renamed})
        assert report.change_id == ""
        assert report.suspects == ["c" * 12]


def test_nobody_is_accused_where_none_is_more_probable():
    ranked = ACCUSING["rank_changes"] | {"none_of_these": 0.9}
    thin = ranked["suspects"][0] | {"probability": 0.01}
    for skill in SKILLS.values():
        _, report = play(skill, ACCUSING | {"rank_changes": ranked | {"suspects": [thin]}})
        assert report.change_id == ""
        assert "none of the 3 changes has one of 90%" in " ".join(
            [report.summary, *(item.claim for item in report.evidence)]
        )


def suspect(lines="", key="", **row):
    """A suspect as triage tells of it: lines `+function: text` and `-function: text`."""
    edits = []
    for line in filter(None, lines.split("\n")):
        function, _, text = line[1:].partition(": ")
        edits.append([line[0], "pkg/m.py", function, f" {text}"])
    told = {"lines": edits, "paths": ["pkg/m.py"] if edits else [], "made": []}
    kind = "config" if key else "commit"
    return {"change_id": "c" * 12, "kind": kind, "key": key, "before": "", "after": "",
            "probability": 0.6, "functions": ["pkg.m:f"], "diff": told, **row}  # fmt: skip


def grew(name, before=1.0, after=9.0):
    return ROW | {"function": name, "before": before, "after": after}


MECHANISMS = {
    "logging-volume": (suspect(key="log_sample_rate", before="0.1", after="1"), "pkg.log:write"),
    "serialization-schema-change": (
        suspect("+encode: check_type(value)", functions=["pkg.m:encode"]), "pkg.m:encode"),
    "graphql-endpoint-latency": (
        suspect("+resolve_author: fields = selection_of(node)", functions=["pkg.graphql:resolve"]),
        "pkg.graphql:resolve"),
    "lost-cache": (suspect("-f: @lru_cache(maxsize=None)"), "pkg.m:f"),
    "quadratic-loop": (suspect("+f: if item in seen and seen.index(item) < n:"), "pkg.m:f"),
    "n-plus-one-calls": (
        suspect("-f: users = fetch_many(ids)\n+f: user = fetch(one_id)"), "pkg.db:fetch"),
    "regex-cost": (suspect('+f: hit = re.search(r"(\\w+\\s?)+$", text)'), "pkg.m:f"),
    "deep-copies": (suspect("+f: mine = copy.deepcopy(card)"), "copy:deepcopy"),
    "exceptions-in-hot-path": (
        suspect("+f: raise KeyError(name)\n+f: except KeyError:"), "pkg.m:f"),
    "lock-contention": (suspect("+f: with self._lock:"), "threading:Lock.acquire"),
    "allocation-and-gc": (suspect(key="gc_threshold"), "pkg.m:f"),
    "eager-import": (suspect("+f: import pandas"), "importlib:_find_and_load"),
    "debug-left-on": (suspect(key="debug_dump", functions=["pkg.m:dump"]), "pkg.m:dump"),
    "flag-or-experiment-rollout": (suspect(key="new_feed", kind="flag"), "pkg.m:f"),
    "dependency-upgrade": (
        suspect(key="fastjson", kind="dependency", before="1.0", after="2.0"), "fastjson.core:run"),
    "more-items": (suspect("-: LIMIT = 10\n+: LIMIT = 20"), "pkg.m:f"),
    "extra-work-in-hot-path": (suspect("+f: total = total + weigh(item)"), "pkg.m:f"),
}  # fmt: skip


@pytest.mark.parametrize(("told", "leaf"), MECHANISMS.values(), ids=MECHANISMS)
def test_a_mechanism_selects_its_skill_and_without_it_does_not(told, leaf, request):
    wanted = request.node.callspec.id
    rows = [grew(leaf)]
    facts = {"regression_id": "R-1", "suspects": [told], "none_of_these": 0.3, "grew": rows,
             "paths": [{"function": leaf, "before": 1.0, "after": 9.0, "callers": ["pkg.m:f"]}]}  # fmt: skip
    names = select(facts)
    assert wanted in names
    plain = suspect("+f: x", key="", functions=told["functions"])
    assert SKILLS[wanted].relevance(facts | {"suspects": [plain]}) < SKILLS[wanted].relevance(facts)


LOOK_ALIKES = {
    "quadratic-loop: a member of what may be a map": (
        "quadratic-loop", suspect("+f: if key in params:"),
        suspect("+f: seen = []\n+f: if key in seen:"), "pkg.m:f"),
    "regex-cost: a repetition that nothing has to follow": (
        "regex-cost", suspect('+f: uri = Regex(r"[^ ]+")'), suspect('+f: uri = Regex(r"[^ ]+@")'),
        "pkg.m:f"),
    "serialization: a word that has the name of a format in it": (
        "serialization-schema-change",
        suspect("+find: check(url)", functions=["pkg.jsonschema:find"]),
        suspect("+find: check(url)", functions=["pkg.json:find"]), "pkg.m:f"),
    "serialization: a function about schemas": (
        "serialization-schema-change",
        suspect("+encode: self._find_in_subschemas(url)", functions=["pkg.m:encode"]),
        suspect("+encode: self._check_type(url)", functions=["pkg.m:encode"]), "pkg.m:encode"),
    "cost-outside-the-diff: a call within the package": (
        "cost-outside-the-diff", suspect("+f: return copy_of(card)"),
        suspect("+f: return deepcopy(card)"), "copy:deepcopy"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "innocent", "guilty", "leaf"), LOOK_ALIKES.values(), ids=LOOK_ALIKES
)
def test_what_only_looks_like_a_mechanism_fits_less(name, innocent, guilty, leaf):
    callers = ["pkg.m:copy_of", "pkg.m:f"] if "copy_of" in str(innocent) else ["pkg.m:f"]
    told = {"regression_id": "R-1", "none_of_these": 0.3, "grew": [grew(leaf)]}
    fits = []
    for one, above in ((innocent, callers), (guilty, ["pkg.m:f"])):
        path = {"function": leaf, "before": 1.0, "after": 9.0, "callers": above}
        fits.append(SKILLS[name].relevance(told | {"suspects": [one], "paths": [path]}))
    assert fits[0] < fits[1]


def select(facts):
    model = make_model("playbook", SKILLS)
    node = select_skills(sides.DEFENSE, model, SKILLS, Budget())
    return node({"facts": facts, "spent": {}})["skills"]


ENDPOINT = {"cost": 1.0, "share": 0.5, "requests": 100.0, "cpu_ms": 2.0, "latency_p99_ms": 5.0}


def endpoints(*pairs):
    return [
        {"endpoint": f"e{n}", "before": ENDPOINT | before, "now": ENDPOINT | now}
        for n, (before, now) in enumerate(pairs)
    ]


def test_other_requests_at_the_same_cost_are_a_shift_of_traffic():
    moved = endpoints(({}, {"requests": 200.0}), ({}, {"requests": 50.0}))
    dearer = endpoints(({}, {"cpu_ms": 3.0}), ({}, {}))
    fits = [
        SKILLS["traffic-mix-shift"].relevance({"endpoints": rows}) for rows in (moved, dearer, [])
    ]
    assert fits == [0.9, 0.0, 0.0]
    ranked = ACCUSING["rank_changes"] | {"none_of_these": 0.45}
    likely = ranked["suspects"][0] | {"probability": 0.5}
    renamed = ACCUSING["get_change"] | {"diff": ""}
    replies = ACCUSING | {"rank_changes": ranked | {"suspects": [likely]}, "get_change": renamed}
    _, report = play(SKILLS["traffic-mix-shift"], replies | {"top_endpoints": {"endpoints": moved}})
    assert (report.change_id, report.mitigation) == ("", "add_capacity")
    assert "`e0` went from 100 to 200 requests a window" in report.summary


def test_what_shrank_by_as_much_is_a_shift_of_cost():
    shrank = ROW | {"function": "pkg.m:old", "before": 9.0, "after": 1.5, "z": -80.0}
    stayed = ROW | {"function": "<service>", "before": 20.0, "after": 20.4, "z": 1.0}
    facts = {"grew": [ROW, shrank], "whole": stayed}
    assert SKILLS["cost-shift"].relevance(facts) == 1
    assert SKILLS["cost-shift"].relevance(facts | {"grew_in_total": [ROW]}) == 0.85
    assert SKILLS["cost-shift"].relevance(facts | {"whole": stayed | {"after": 28.0}}) == 0
    assert SKILLS["cost-shift"].relevance(facts | {"grew": [ROW]}) == 0
    profile = ACCUSING["diff_profile"] | {"own_time": [ROW, shrank], "service": stayed}
    renamed = ACCUSING["get_change"] | {"diff": ""}
    told = {}
    for rows in ([], [ROW]):
        replies = {"diff_profile": profile | {"total_time": rows}, "get_change": renamed}
        _, report = play(SKILLS["cost-shift"], ACCUSING | replies)
        assert report.change_id == ""
        told[report.mitigation] = report.summary
    levels = "pkg.m:f went from 1 to 9 ms while pkg.m:old"
    assert told["accept"].startswith(f"Cost has only moved: {levels}")
    assert told[""].startswith(f"Nobody is named: what grew is made up for elsewhere, {levels}")


NEW = {"function": "pkg.m:f_inner", "before": 0.0, "after": 8.0, "standard_error": 0.1, "z": 80.0}
CALLER = {"function": "pkg.m:caller", "before": 9.0, "standard_error": 0.1}


@pytest.mark.parametrize(
    ("whole", "caller", "moved"),
    [
        ({"after": 20.4}, {"after": 9.1, "z": 1.0}, True),
        ({"after": 28.0, "z": 20.0}, {"after": 17.0, "z": 80.0}, False),
        ({"after": 20.4}, {"after": 17.0, "z": 80.0}, False),  # something else got cheaper
        ({"after": 20.4, "standard_error": 4.0}, {"after": 9.1, "z": 1.0}, False),
    ],
    ids=["nothing", "the service", "its caller", "lost in noise"],
)
def test_a_new_name_is_a_shift_unless_something_else_grew_by_as_much(whole, caller, moved):
    stayed = {"function": "<service>", "before": 20.0, "standard_error": 0.4, "z": 1.0} | whole
    rows = [NEW, CALLER | caller]
    facts = {"grew": [], "grew_in_total": rows, "whole": stayed, "subject": NEW["function"]}
    skill = SKILLS["cost-shift"]
    assert skill.relevance(facts) == moved
    profile = ACCUSING["diff_profile"] | {"own_time": [], "total_time": rows, "service": stayed}
    _, report = play(skill, ACCUSING | {"diff_profile": profile}, {"subject": NEW["function"]})
    assert (report.category == "cost shift") == moved
    if moved:
        assert (report.change_id, report.confidence) == ("", 0.95)
        assert "pkg.m:f_inner went from 0 to 8 ms while <service>" in report.summary


def test_an_experiment_is_judged_by_its_own_result():
    arms = {"value": 0.5, "low": 0.4, "high": 0.6, "relative": 0.1}
    fits = []
    for difference in (arms, arms | {"low": -0.1}):
        rows = [{"arm": "wide", "metric": "cpu_ms", "difference": difference}]
        told = suspect(key="EXP-1", kind="experiment", functions=[],
                       experiment={"call_id": "triage-4", "differences": rows})  # fmt: skip
        facts = {"suspects": [told], "none_of_these": 0.4}
        fits.append(SKILLS["flag-or-experiment-rollout"].relevance(facts))
    assert fits[0] > 0.5
    assert fits[1] == 0


def test_what_triage_looked_at_is_cited_by_its_id():
    arms = {"value": 0.5, "low": 0.4, "high": 0.6, "relative": 0.1}
    told = {"call_id": "triage-4", "differences": [
        {"arm": "wide", "metric": "cpu_ms", "difference": arms}]}  # fmt: skip
    row = ACCUSING["rank_changes"]["suspects"][0] | {"kind": "experiment", "key": "EXP-1"}
    replies = ACCUSING | {"rank_changes": ACCUSING["rank_changes"] | {"suspects": [row]}}
    facts = {"suspects": [row | {"experiment": told}]}
    _, report = play(SKILLS["flag-or-experiment-rollout"], replies, facts)
    assert "triage-4" in {item.call_id for item in report.evidence}


def test_later_changes_to_the_same_file_ask_for_a_fix_forward():
    later = {"change_id": "d" * 12, "title": "And on", "window": 9}
    seen = {}
    for rows in ([], [later]):
        _, report = play(
            SKILLS["rollback-or-fix-forward"], ACCUSING | {"list_changes": {"changes": rows}}
        )
        seen[len(rows)] = report
    assert seen[0].mitigation == "revert"
    assert any("servers busy" in item.claim for item in seen[0].evidence)
    assert any("And on" in item.claim for item in seen[1].evidence)


def test_a_question_chooses_a_skill_too():
    facts = {"regression_id": "R-1", "question": "CPU rose: should we roll back or fix forward?"}
    assert select(facts)[0] == "rollback-or-fix-forward"
    diff = "+f: copy.deepcopy(x)"
    seen = {"suspects": [suspect(diff)], "none_of_these": 0.1, "grew": [ROW]}
    assert select({"regression_id": "R-1"} | seen)[0] != "rollback-or-fix-forward"
    assert select(facts | seen)[0] == "rollback-or-fix-forward"
    other = "is it a regex problem: re.match costs more since the deploy?"
    first, *others = select(facts | seen | {"question": other})
    assert (first != "regex-cost", "regex-cost" in others) == (True, True)
    assert select({"regression_id": "R-1"}) == ["extra-work-in-hot-path"]


def test_a_sound_skill_is_read(make_skill):
    folder = make_skill(GOOD)
    skill = load_skill(folder)
    assert (skill.name, skill.description, skill.body) == ("s", "Use when: it is slow.", "Body.")
    assert skill.allowed_tools is None
    assert sorted(p.name for p in folder.rglob("*")) == ["SKILL.md", "playbook.py", "scripts"]


BAD_HEADS = {
    "no front matter": ("# A skill\n", "front matter between two lines of ---"),
    "front matter not closed": ("---\nname: s\ndescription: d\n", "front matter between"),
    "empty front matter": ("---\n\n---\n", "front matter"),
    "a list": ("---\n- name\n---\n", "front matter"),
    "unquoted colon": ("---\nname: s\ndescription: a: b\n---\n", "not YAML (quote colons)"),
    "unknown key": (
        "---\nname: s\ndescription: d\nversion: 1\n---\n",
        "version: expected keys among name, description, license, compat",
    ),
    "no name": ("---\ndescription: d\n---\n", "name: Field required"),
    "no description": ("---\nname: s\n---\n", "description: Field required"),
    "empty description": ('---\nname: s\ndescription: ""\n---\n', "description: "),
    "long description": (f"---\nname: s\ndescription: {'d' * 1025}\n---\n", "description: "),
    "a number": ("---\nname: s\ndescription: 3\n---\n", "description: "),
    "capital name": ("---\nname: S\ndescription: d\n---\n", "name: "),
    "long name": (f"---\nname: {'s' * 65}\ndescription: d\n---\n", "name: "),
    "another name": ("---\nname: other\ndescription: d\n---\n", "name 'other' is not that of"),
    "metadata of no strings": (
        "---\nname: s\ndescription: d\nmetadata:\n  version: 1.0\n---\n",
        "metadata.version: ",
    ),
    "a list of tools": (
        "---\nname: s\ndescription: d\nallowed-tools: [get_change]\n---\n",
        "allowed-tools: ",
    ),
}


@pytest.mark.parametrize(("text", "complaint"), BAD_HEADS.values(), ids=BAD_HEADS)
def test_a_bad_head_is_named_by_file_and_field(make_skill, text, complaint):
    folder = make_skill(text)
    with pytest.raises(SkillError) as caught:
        load_skill(folder)
    assert str(caught.value).startswith(str(folder / "SKILL.md"))
    assert complaint in str(caught.value)


BAD_PLAYBOOKS = {
    "missing": (None, "found no such file"),
    "empty": ("", "expected a function relevance(facts)"),
    "half": ("def relevance(facts):\n    return 0\n", "expected a function investigate(facts)"),
    "a value": ("relevance = 1\ninvestigate = 2\n", "expected a function relevance(facts)"),
    "does not parse": ("def relevance(:\n", "SyntaxError"),
    "does not run": ("import no_such_module_anywhere\n", "ModuleNotFoundError"),
}


@pytest.mark.parametrize(("playbook", "complaint"), BAD_PLAYBOOKS.values(), ids=BAD_PLAYBOOKS)
def test_a_bad_playbook_is_named_by_its_file(make_skill, playbook, complaint):
    folder = make_skill(GOOD, playbook)
    with pytest.raises(SkillError) as caught:
        load_skill(folder)
    assert str(caught.value).startswith(str(folder / "scripts" / "playbook.py"))
    assert complaint in str(caught.value)


def test_a_skill_that_is_not_text_is_named(make_skill):
    folder = make_skill(GOOD)
    (folder / "SKILL.md").write_bytes(b"---\nname: s\n\xff\n---\n")
    with pytest.raises(SkillError, match=r"SKILL\.md: expected UTF-8"):
        load_skill(folder)


def test_lines_may_end_as_on_windows(make_skill):
    folder = make_skill(GOOD)
    (folder / "SKILL.md").write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert load_skill(folder).name == "s"


def test_a_folder_without_skills_is_an_error(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SkillError, match="expected skills"):
            load_skills(folder)
    with pytest.raises(SkillError, match=r"SKILL\.md: expected"):
        load_skill(tmp_path)


def test_the_hash_follows_every_file(make_skill):
    folder = make_skill(GOOD)
    seen = [load_skill(folder).content_hash]
    (folder / "references").mkdir()
    (folder / "references" / "more.md").write_text("More.\n")
    seen.append(load_skill(folder).content_hash)
    (folder / "references" / "more.md").write_text("Even more.\n")
    seen.append(load_skill(folder).content_hash)
    (folder / "references" / "more.md").rename(folder / "more.md")
    seen.append(load_skill(folder).content_hash)
    assert len(set(seen)) == 4
    assert load_skill(folder).content_hash == seen[-1]
