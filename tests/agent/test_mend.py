"""How playbooks of offense look at a function, and at those who ask it."""

import json
import re
from dataclasses import replace

import pytest

from workbench.agent import build_graph, load_skills, make_model, sides
from workbench.agent.grounding import unsupported
from workbench.agent.playbook import (
    Doubt,
    EvidenceItem,
    Finding,
    Reply,
    call,
    cite,
    mending,
    own_lines,
    writes_by_askers,
)

MODULE = """\
def before(a):
    close(a)


class Shop:
    @timed
    @named("x")
    def total(
        self, a,
    ):
        def price(b):
            return b

        while a:
            a = price(a)
        return a

    def after(self):
        close(self)
"""
LINES = MODULE.split("\n")


def at(line, first=1, n=100):
    text = "\n".join(LINES[first - 1 : first - 1 + n])
    return {"line": line, "code": {"start_line": first, "text": text}}


@pytest.mark.parametrize("line", [14, 15, 16])
def test_the_lines_of_a_function_are_its_own(line):
    told = own_lines(at(line))
    assert told[0].strip() == "@timed"
    assert told[-2].strip() == "return a"
    assert not any("close" in text for text in told)


def test_a_function_within_another_is_told_alone():
    assert [text.strip() for text in own_lines(at(12))][:2] == ["def price(b):", "return b"]


def test_a_place_may_be_the_function_itself():
    told = own_lines(at(8))
    assert (told[0].strip(), told[-2].strip()) == ("@timed", "return a")


def test_of_a_function_whose_head_was_not_read_what_was_read_is_told():
    told = own_lines(at(16, first=13))
    assert [text.strip() for text in told if text] == ["while a:", "a = price(a)", "return a"]


def test_a_place_that_was_not_read_is_no_fault():
    assert own_lines({"line": 3, "code": {"start_line": 1, "text": ""}}) == [""]
    assert own_lines(at(99))


FACTS = {
    "pattern": "p", "title": "Do less", "function": "pkg.m:Shop.total", "path": "pkg/m.py",
    "service": "shop", "share": 0.05, "saving": {"value": 0.04}, "chance": 0.5, "line": 15,
    "edits": [{"mitigation": "hoist", "summary": "Hoist it"}], "past": [],
    "code": {"start_line": 1, "text": MODULE},
    "call_ids": dict.fromkeys(
        ("get_opportunity", "read_code", "preview_edits", "similar_cases"), "t"),
}  # fmt: skip


def play(steps, *replies):
    """Run a generator over replies; return what it returns, and the calls that it made."""
    asked, reply, left = [], None, list(replies)
    while True:
        try:
            asked.append(steps.send(reply))
        except StopIteration as end:
            return end.value, asked
        reply = Reply(left.pop(0) if left else {})
        reply.call_id = f"call-{len(asked)}"


def mend(look=None, doubts=(), **more):
    playbooks = mending(("p",), category="c", mitigations=("hoist",), doubts=doubts, look=look)
    return play(playbooks.investigate(FACTS | more))


def looking(odds):
    def look(facts):
        reply = yield call("search_code", pattern=facts["pattern"])
        return [Finding(cite(reply, "It is asked elsewhere: `x`"), odds)]

    return look


def test_what_a_look_finds_weighs_as_a_doubt_does():
    report, asked = mend(looking(0.25))
    assert [wanted.tool for wanted in asked] == ["search_code"]
    assert report.confidence == pytest.approx(0.2)  # 0.5 at odds of a quarter
    assert report.evidence[1] == EvidenceItem(claim="It is asked elsewhere: `x`", call_id="call-1")
    doubt = Doubt(re.compile("while"), "It waits", 0.5)
    assert mend(looking(0.25), [doubt])[0].confidence == pytest.approx(1 / 9)


def test_what_a_look_forbids_is_left():
    report, _ = mend(looking(0.0))
    assert (report.mitigation, report.confidence) == ("", 0)
    assert report.summary == "It is left: It is asked elsewhere: `x`."


def test_nobody_looks_elsewhere_where_a_line_forbids_it_or_no_edit_is_known():
    forbidding = Doubt(re.compile("while"), "It waits", 0.0)
    report, asked = mend(looking(0.5), [forbidding])
    assert (report.mitigation, asked) == ("", [])
    assert report.summary == "It is left: It waits: `while a:`."
    assert mend(looking(0.5), edits=[])[1] == []


def test_a_line_of_another_function_raises_no_doubt():
    report, _ = mend(doubts=[Doubt(re.compile("close"), "It closes", 0.0)])
    assert report.mitigation == "hoist"
    report, _ = mend(doubts=[Doubt(re.compile("@timed"), "It is timed", 0.0)])
    assert report.mitigation == ""


def row(line, text, path="pkg/other.py"):
    return {"path": path, "line": line, "text": text}


def found(*rows, more=False):
    return {"lines": list(rows), "more": more}


ASKED = found(row(10, "    cart = self.shop.total(1)"))
WRITTEN = [
    'cart["x"] = 1', 'cart["x"]["y"] += 1', "cart.lines.append(x)", "cart.pop()", "cart.x = 1",
    'del cart["x"]', "cart[0].sort()", "cart.update(x)",
]  # fmt: skip
READ = ['x = cart["x"]', 'if cart["x"] == 1:', "cart.get(x)", "mycart.pop()", "a.cart.x = 1"]


@pytest.mark.parametrize("line", WRITTEN)
def test_who_asks_and_writes_to_what_it_is_given_forbids(line):
    look = writes_by_askers(["p"])
    (finding,), asked = play(look(FACTS), ASKED, found(row(12, f"    {line}")))
    assert finding.odds == 0
    assert asked[1].arguments["path"] == "pkg/other.py"
    entry = {"tool": "search_code", "arguments": dict(asked[1].arguments), "failed": False,
             "reply": json.dumps(found(row(12, f"    {line}")))}  # fmt: skip
    assert unsupported(finding.evidence.claim, entry) == ""
    assert finding.evidence.call_id == "call-2"


@pytest.mark.parametrize("line", READ)
def test_who_asks_and_only_reads_forbids_nothing(line):
    assert play(writes_by_askers(["p"])(FACTS), ASKED, found(row(12, line)))[0] == []


def test_a_write_before_the_call_or_far_behind_it_is_about_something_else():
    look = writes_by_askers(["p"])
    for line in (9, 10, 51):
        assert play(look(FACTS), ASKED, found(row(line, "cart.pop()")))[0] == []
    assert play(look(FACTS), ASKED, found(row(50, "cart.pop()")))[0]


def test_where_more_ask_than_are_looked_at_it_is_less_sure():
    look = writes_by_askers(["p"])
    askers = [row(n, f"cart = total({n})") for n in range(4)]
    (finding,), asked = play(look(FACTS), found(*askers))
    assert (finding.odds, finding.evidence.call_id) == (0.5, "call-1")
    assert len(asked) == 4
    assert play(look(FACTS), found(*askers[:3]))[0] == []
    (finding,), _ = play(look(FACTS), found(*askers[:1], more=True))
    assert finding.odds == 0.5


def test_of_other_patterns_nobody_is_looked_for():
    assert play(writes_by_askers(["q"])(FACTS)) == ([], [])


def test_where_nothing_can_be_searched_nothing_is_found():
    assert play(writes_by_askers(["p"])(FACTS), {})[0] == []


SHOP = """\
import copy


def quote(rules, name):
    {head}
        mine = copy.deepcopy(rules)
    return len(mine) + len(mine[name])


def other(state):
    state.lock.acquire()
"""


def investigate_copy(make_shop, shop_opportunity, head):
    """Run the whole graph of offense on a function that copies what it reads."""
    text = SHOP.format(head=head)
    shop = make_shop(("Copy", {"shop/app.py": text}))
    place = replace(
        shop_opportunity(), function="shop.app:quote", line=6, end_line=6,
        pattern="deep_copy_only_read", mitigation="drop_copy",
    )  # fmt: skip
    shop = replace(shop, find_opportunities=lambda: [place])
    skills = {skill.name: skill for skill in load_skills()}
    graph = build_graph(make_model("playbook", skills), shop, skills, side=sides.OFFENSE)
    given = {"regression_id": "", "opportunity_id": place.id, "question": "", "job": {}}
    return graph.invoke(given)


def test_the_graph_mends_a_copy_and_cites_what_it_saw(make_shop, shop_opportunity):
    state = investigate_copy(make_shop, shop_opportunity, "if name in rules:")
    diagnosis = state["diagnosis"]
    assert (diagnosis["mitigation"], diagnosis["skill"]) == ("drop_copy", "needless-copies")
    assert diagnosis["functions"] == ["shop.app:quote"]
    assert [opinion["skill"] for opinion in state["opinions"]] == ["needless-copies"]
    assert state["opinions"][0]["struck"] == []
    assert len(diagnosis["evidence"]) == 2


def test_the_graph_leaves_what_a_line_speaks_against_and_no_other_skill_is_heard(
    make_shop, shop_opportunity
):
    state = investigate_copy(make_shop, shop_opportunity, "with rules.lock:")
    diagnosis = state["diagnosis"]
    assert (diagnosis["mitigation"], diagnosis["confidence"]) == ("", 0)
    assert "`with rules.lock:`" in diagnosis["summary"]
    assert [opinion["skill"] for opinion in state["opinions"]] == ["needless-copies"]
