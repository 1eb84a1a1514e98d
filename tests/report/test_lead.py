"""The page of a lead: what it says, what it leads to, and what it says where there is nothing."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from lead_record import (
    ASSUMPTIONS,
    LONG,
    SINCE,
    UNTIL,
    make_answers,
    make_evaluations,
    make_record,
    make_skills,
    make_solves,
)

from workbench.capacity import capacity_ledger
from workbench.measures import curve_of
from workbench.report import render_lead_report
from workbench.report.lead.page import MAX_ROWS
from workbench.report.lead.times import LIVE
from workbench.report.lead.units import (
    format_amount,
    format_duration,
    format_interval,
    format_percent_interval,
    safe_link,
)
from workbench.report.lead.view import LeadView
from workbench.report.lead.words import headline, time_words
from workbench.types import Amount, Confirmation, TrackRecord
from workbench.types.record import OPEN

HOSTILE = "\"'><img src=x onerror=alert(1)></script><script>alert(1)</script><!--{{7*7}}&lt;"
EMPTY = TrackRecord(SINCE, UNTIL, "")
VOID = {"meta", "br", "link"}


class Page(HTMLParser):
    """Text, links and tags of a page; a tag that is not closed is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words, self.links, self.tags, self.open = [], {}, [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self.links[dict(attrs)["href"]] = len(self.words)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def named(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]


def render(record: TrackRecord, *, is_valued: bool = True) -> Page:
    ledger = capacity_ledger(record, ASSUMPTIONS) if is_valued else None
    return Page(render_lead_report(record, ledger))


@pytest.fixture(scope="module")
def page() -> Page:
    return render(make_record())


def test_the_state_is_said_in_words_with_numbers():
    evaluations = make_evaluations(1).query("variant == 'skills'")
    evaluations = evaluations.assign(n_cases=442, n_right=431, n_accused_wrongly=6)
    record = make_record(evaluations=evaluations)
    assert headline(LeadView.of(record, None)) == (
        "Of 442 cases 97.5 % (95.6 to 98.6 %) were answered right, and in 1.4 % (0.6 to 2.9 %) "
        "somebody was accused wrongly: the test half of the bank, by skills (playbook). "
        "Of 60 solves that were asked for, 23 ended in a verified fix; 11 fixes are approved, and 27 "
        "solves wait for a person."
    )


def test_the_page_needs_nothing_besides_itself(page):
    outside = {"script", "img", "iframe", "object", "embed"}
    assert not outside & {tag for tag, _ in page.tags}
    assert all(not attributes.get("src") for _, attributes in page.tags)
    assert page.named("link") == []
    (policy,) = [m["content"] for m in page.named("meta") if "http-equiv" in m]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_equal_records_give_equal_pages():
    one, other = (
        render_lead_report(record, capacity_ledger(record, ASSUMPTIONS))
        for record in (make_record(), make_record())
    )
    assert one == other


def test_ids_are_there_once_and_tables_and_figures_are_named(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert len(page.named("table")) == len(page.named("caption")) == 6
    figures = [svg for svg in page.named("svg") if svg.get("role") == "img"]
    assert len(figures) == 5
    assert all(len(svg["aria-label"]) > 30 for svg in figures)
    labels = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    assert labels <= set(ids)


def test_what_the_head_is_of_is_the_latest_evaluation_on_the_test_half():
    train = make_evaluations(13, split="train").assign(n_right=221)
    test = make_evaluations(2)
    seen = LeadView.of(make_record(evaluations=pd.concat([train, test])), None)
    assert seen.half == "test"
    assert seen.head.row["evaluation"] == "week-15"
    assert seen.head.name == "skills (playbook)"
    assert {told.row["evaluation"] for told in seen.latest} == {"week-26"}


@pytest.mark.parametrize(
    ("split", "n_weeks", "n_cases", "told"),
    [
        ("train", 3, 100, ["they flatter"]),
        ("both", 3, 100, ["they flatter"]),
        ("test", 3, 29, ["29 cases, fewer than 30"]),
        ("test", 1, 30, ["evaluated once: a point, and no trend"]),
        ("test", 3, 30, []),
    ],
)
def test_what_a_reader_has_to_know_stands_beside_the_figures(split, n_weeks, n_cases, told):
    evaluations = make_evaluations(n_weeks, split=split, n_cases=n_cases)
    seen = LeadView.of(make_record(evaluations=evaluations), None).cautions
    assert len(seen) == len(told)
    assert all(part in line for part, line in zip(told, seen, strict=True))


def test_evaluations_of_other_cases_make_no_trend():
    evaluations = make_evaluations(2).query("variant == 'skills'").assign(bank=["a", "b"])
    assert not LeadView.of(make_record(evaluations=evaluations), None).is_trend


def test_a_half_on_which_only_floors_were_tried_does_not_judge():
    floors = make_evaluations(3).query("is_floor")
    train = make_evaluations(2, split="train")
    seen = LeadView.of(make_record(evaluations=pd.concat([floors, train])), None)
    assert (seen.half, seen.head.name) == ("train", "skills (playbook)")


def test_evaluations_are_linked_the_latest_first_and_the_rest_counted(page):
    assert (
        "From: week-26 , week-25 , week-24 , week-23 , week-22 , week-21 and 7 earlier" in page.text
    )


def test_floors_alone_are_shown_and_nobody_is_judged():
    floors = make_evaluations(2).query("is_floor")
    page = render(make_record(evaluations=floors))
    assert "nearest change" in page.text
    assert "answered right" not in page.text


def test_times_are_said_in_words():
    times = pd.DataFrame(
        {"seconds": [60.0, 120.0, 7200.0, 9e6], "is_diagnosed": [True, True, True, False]}
    )
    seen = time_words(LIVE, curve_of(times["seconds"], times["is_diagnosed"]))
    assert seen.startswith(
        "Of 4 solves with a regression half were diagnosed within 2.0 min; 50.0 % ("
    )
    assert "75.0 % (" in seen
    assert seen.endswith("within 10 hours. Not diagnosed: 1.")
    none = time_words(LIVE, curve_of(times["seconds"], [False] * len(times)))
    assert none == "Of 4 solves with a regression none was diagnosed."


def test_the_queue_has_what_waits_the_most_expensive_first(page):
    record = make_record()
    seen = LeadView.of(record, capacity_ledger(record, ASSUMPTIONS)).queue
    assert {told.row["state"] for told in seen} == {*OPEN, "fix verified"}
    assert not any(told.row["is_approved"] for told in seen)
    known = [told.worth.servers.value for told in seen if told.worth.servers.is_known]
    assert known == sorted(known, reverse=True)
    assert [told.worth.servers.is_known for told in seen] == sorted(
        (told.worth.servers.is_known for told in seen), reverse=True
    )
    for told in seen:
        assert told.row["case"] in page.text
        assert not told.row["url"] or told.row["url"] in page.links


def test_the_largest_fixes_are_named_and_lead_to_their_runs(page):
    record = make_record()
    ledger = capacity_ledger(record, ASSUMPTIONS)
    seen = LeadView.of(record, ledger).fixes
    assert len(seen) == 11
    largest = max(worth.servers.value for worth in ledger.fixed.values() if worth.servers.is_known)
    assert seen[0].worth.servers.value == largest
    assert f"Largest approved fixes: {seen[0].row['case']} (" in page.text
    assert {told.row["url"] for told in seen[:5] if told.row["url"]} <= set(page.links)


def test_a_verified_fix_waits_until_it_is_approved():
    solves = make_solves(1, ("fix verified",)).assign(is_approved=False)
    page = render(make_record(solves=solves))
    assert "servers recovered, fixes approved 0 nothing to count" in page.text
    assert "1 ended in a verified fix; 0 fixes are approved, and 1 solve waits" in page.text
    assert "fix verified not approved yet" in page.text
    approved = render(make_record(solves=solves.assign(is_approved=True)))
    assert "Nothing waits for a person." in approved.text
    assert "1 fix is approved, and 0 solves wait" in approved.text


def test_a_fix_is_confirmed_only_where_later_profiles_were_looked_at():
    record = make_record(solves=make_solves(2, ("fix verified",)).assign(is_approved=True))
    assert "Nobody looked yet whether later profiles confirm it" in render(record).text
    later = {0: Confirmation("confirmed", "", Amount(0.01, 0.008, 0.012)),
             1: Confirmation("not seen", "", Amount(0.0, -0.001, 0.001))}  # fmt: skip
    page = Page(render_lead_report(record, capacity_ledger(record, ASSUMPTIONS, later)))
    assert "Nobody looked yet" not in page.text
    assert "servers confirmed by later profiles 12.0 9.60 to 14.4" in page.text  # 1,200 servers
    none = Page(render_lead_report(record, capacity_ledger(record, ASSUMPTIONS, {})))
    assert "servers confirmed by later profiles 0 nothing to count" in none.text


def test_of_equal_cost_the_oldest_waits_first():
    solves = make_solves(3, ("diagnosed",)).assign(cost=0.01, service="unknown")[::-1]
    seen = LeadView.of(make_record(solves=solves), None).queue
    assert [told.n_days for told in seen] == [90, 60, 30]


def test_rows_lead_to_where_they_came_from_and_nowhere_else(page):
    record = make_record()
    wanted = {url for url in record.skills["url"] if url}
    last = record.evaluations[record.evaluations["evaluation"] == "week-26"]
    wanted |= {url for url in last["url"] if url} | set(record.pages.values())
    assert wanted <= set(page.links)
    assert all(link for link in page.links)


@pytest.mark.parametrize(
    "url", ["", np.nan, None, "javascript:alert(1)", " JaVaScript:x", "data:,x", "http://[x"]
)
def test_what_is_no_address_of_a_page_is_no_link(url):
    skills = make_skills(1).assign(url=[url])
    page = render(make_record(skills=skills, pages={"caching page": url}))
    assert safe_link(url) == ""
    assert not [link for link in page.links if "skills.example" in link or "alert" in link]
    assert "caching page" in page.text


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1&z=2", "runs/1.html", "file:///tmp/x", "#id"]
)
def test_addresses_of_pages_are_links(url):
    assert url in render(make_record(pages={"this": url})).links


def test_the_ledger_says_what_is_not_known(page):
    assert "4 of 11 solves not known" in page.text
    assert "a-service-of-which-the-name-is-as-long" in page.text
    assert "Uptime Institute" in page.text
    assert "root of their squares" in page.text


def test_without_a_ledger_nothing_is_made_up():
    page = render(make_record(), is_valued=False)
    assert "servers recovered, fixes approved not known of 11 solves" in page.text
    assert "number of servers of each service" in page.text
    assert "kW" not in page.text
    assert "EUR" not in page.text


def test_wrong_answers_lead_to_their_traces():
    page = render(make_record())
    answers = make_answers()
    assert answers[answers["is_accused_wrongly"]]["case"].tolist() == [
        "shop-0",
        "shop-75",
        "shop-150",
    ]
    assert "Accused wrongly, in 3 answers: shop-0 , shop-75, shop-150 ." in page.text
    assert {"https://track.example/traces/0", "https://track.example/traces/150"} <= {*page.links}
    assert "Right without skills, and here not named, in" in page.text
    other = answers.assign(is_accused_wrongly=False, is_right=True)
    assert "Accused wrongly, in" not in render(make_record(answers=other)).text
    assert (
        "Accused wrongly, in" not in render(make_record(answers=answers.assign(half="train"))).text
    )
    many = render(make_record(answers=answers.assign(is_accused_wrongly=True)))
    assert f"and {len(answers) - 12} more." in many.text


def test_a_variant_tells_its_harm_and_whether_it_is_better_than_no_skills():
    evaluations = make_evaluations(1).head(1).assign(
        n_right_without=40, n_harmed=10, verdict="worse"
    )  # fmt: skip
    seen = LeadView.of(make_record(evaluations=evaluations), None).latest[0]
    assert (seen.harmed.ratio, seen.harmed.n) == (0.25, 40)
    assert "worse 25.0 % 14.2 to 40.2 %" in render(make_record(evaluations=evaluations)).text


def test_skills_tell_uplift_and_harm():
    skills = make_skills(1).assign(
        n_cases=50, n_right=40, n_right_without=45, n_helped=1, n_harmed=6
    )
    (seen,) = LeadView.of(make_record(skills=skills), None).skills
    assert seen.uplift == pytest.approx(-0.1)
    assert (
        "caching 50 80.0 % 67.0 to 88.8 % 90.0 % −10.0 inconclusive 1 6"
        in render(make_record(skills=skills)).text
    )


def test_the_funnel_tells_the_part_of_the_former():
    funnel = pd.DataFrame({"stage": ["a", "b", "c", "d"], "n": [200, 50, 0, 0]})
    seen = LeadView.of(make_record(funnel=funnel), None).stages
    assert [stage.ratio for stage in seen[1:3]] == [0.25, 0.0]
    assert np.isnan([seen[0].ratio, seen[3].ratio]).all()


def test_where_there_is_nothing_the_page_says_what_to_run():
    page = Page(render_lead_report(EMPTY))
    assert "workbench evaluate" in page.text
    assert "workbench solve" in page.text
    assert page.named("table") == page.named("svg") == []


@pytest.mark.parametrize(
    ("others", "told"),
    [
        (
            {"evaluations": EMPTY.evaluations},
            "Nothing was evaluated in this time. Run workbench evaluate",
        ),
        ({"solves": EMPTY.solves}, "Nothing was solved in this time. Run workbench solve"),
        ({"solves": EMPTY.solves, "answers": EMPTY.answers}, "nothing of which the time is known"),
        ({"solves": make_solves(5, ("no regression",))}, "No fix was approved, and nothing waits"),
        (
            {"solves": make_solves(5, ("fix verified",)).assign(is_approved=True)},
            "Nothing waits for a person",
        ),
    ],
    ids=["evaluations", "solves", "times", "no regression", "all fixed"],
)
def test_a_part_that_is_missing_is_said(others, told):
    assert told in render(make_record(**others)).text


def test_of_many_rows_the_first_are_shown_and_the_rest_counted():
    record = make_record(solves=make_solves(400, ("diagnosed",)), skills=make_skills(400))
    page = render(record)
    assert f"{400 - MAX_ROWS} more solves are not shown" in page.text
    assert f"{400 - MAX_ROWS} more skills are not shown" in page.text
    assert sum(link.startswith("https://runs.example/") for link in page.links) <= MAX_ROWS + 3


def test_of_one_each_all_is_said():
    record = make_record(
        evaluations=make_evaluations(1).query("variant == 'skills'"),
        solves=make_solves(1, ("diagnosed",)), skills=make_skills(1), answers=make_answers(1),
    )  # fmt: skip
    page = render(record)
    assert (
        "Of 1 solve that was asked for, 0 ended in a verified fix; 0 fixes are approved, "
        "and 1 solve waits for a person." in page.text
    )
    assert LONG in page.text


def test_foreign_text_stays_text():
    record = make_record(
        evaluations=make_evaluations(2).assign(variant=HOSTILE, evaluation=HOSTILE, url=HOSTILE),
        solves=make_solves(9, ("diagnosed",)).assign(
            case=HOSTILE, service=HOSTILE, subject=HOSTILE, category=HOSTILE, url="x" + HOSTILE
        ),
        skills=make_skills(2).assign(skill=HOSTILE),
        funnel=pd.DataFrame({"stage": [HOSTILE], "n": [3]}),
        pages={HOSTILE: "x.html"},
    )
    page = render(replace(record, source=HOSTILE + "\ud800"))
    assert "script" not in {tag for tag, _ in page.tags}
    assert not page.named("img")
    assert HOSTILE in page.text


@pytest.mark.parametrize(
    ("amount", "quantity", "value", "interval"),
    [
        (Amount(12.345, 10, 15), "servers", "12.3", "10.0 to 15.0"),
        (Amount(1_234_567, 9e5, 2e6), "watts", "1.23 MW", "0.900 to 2.00"),
        (Amount(999, 900, 1100), "watts", "999 W", "900 to 1,100"),
        (Amount(246_841, 216_341, 287_507), "money_per_year", "EUR 247,000", "216,000 to 288,000"),
        (Amount(0, 0, 0), "servers", "0", ""),
        (Amount(5.0), "servers", "5.00", ""),
        (Amount(), "kg_co2_per_year", "not known", ""),
    ],
)
def test_amounts_have_units_and_three_digits(amount, quantity, value, interval):
    currency = "EUR" if quantity == "money_per_year" else ""
    assert format_amount(amount, quantity, currency) == value
    assert format_interval(amount, quantity) == interval


def test_durations_and_intervals_are_short():
    seen = [format_duration(told) for told in (3e-6, 0.5, 12, 90, 5400, 200_000, np.nan)]
    assert seen == ["< 0.01 s", "0.50 s", "12 s", "1.5 min", "1.5 h", "2.3 days", "–"]
    assert format_percent_interval(0.956, 0.987) == "95.6 to 98.7 %"
    assert format_percent_interval(np.nan, 0.987) == ""
