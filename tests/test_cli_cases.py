import json

import pytest


def test_cases_are_listed(workbench):
    code, out, _ = workbench("case", "list", "feed/A07*")
    assert code == 0
    assert [line.split()[-1] for line in out.splitlines() if "deep_copy" in line] == [
        "feed/A07", "feed/A07-hidden",
    ]  # fmt: skip
    assert out.splitlines()[-1].startswith("2 cases: feed train 2; bank ")


def test_cases_are_listed_for_programs(workbench):
    code, out, _ = workbench("case", "list", "--split", "test", "release/*", "--json")
    told = json.loads(out)
    assert code == 0
    assert {row["split"] for row in told["cases"]} == {"test"}
    assert len(told["content_hash"]) == 16


def test_a_case_is_shown_with_its_truth(workbench):
    code, out, _ = workbench("case", "show", "feed/A07")
    assert code == 0
    assert "feed.graphql.resolvers:load_users" in out
    assert "deep_copy" in out
    code, out, _ = workbench("case", "show", "feed/A07-hidden", "--json")
    assert (json.loads(out)["culprits"], json.loads(out)["culprit"]) == ([], "none")


def test_cases_that_nobody_can_answer_are_named(workbench):
    code, out, _ = workbench("case", "check", "feed/A07", "feed/H4")
    assert code == 0
    assert out.splitlines() == [
        "feed/H4: nothing was detected, so nobody looks into it",
        "2 cases: 0 cannot be opened, 1 are not looked into or cannot be answered",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "nope"), "none is like 'nope'"),
        (("show", "feed/A07*"), "expected the id of one case, 'feed/A07*' is of 2"),
        (("list", "--cases", "."), "expected feed/ or pypi/ with cases, found neither"),
    ],
)
def test_what_is_no_case_is_one_error(workbench, words, said):
    code, _, err = workbench("case", *words)
    assert code == 1
    assert said in err
    assert len(err.splitlines()) == 1
