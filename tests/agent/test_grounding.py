import json

import pytest

from workbench.agent.grounding import Shown, terms_of, unsupported


def entry(reply, arguments=None, failed=False):
    text = reply if isinstance(reply, str) else json.dumps(reply)
    return {"tool": "look", "arguments": arguments or {}, "reply": text, "failed": failed}


ROW = {"function": "shop.app:Cart.total", "before": 12.5, "after": 31.25, "z": 14.2}
REPLY = entry(
    {
        "rows": [ROW],
        "probability": 0.7312,
        "n_candidates": 1204,
        "regression": "R-ab12",
        "change_id": "0a1b2c3d4e5f",
        "diff": "+    for item in  cart:\n+        copy(item)",
        "key": "CFG-512",
        "none": None,
        "sure": True,
    },
    {"pattern": "lru_cache", "limit": 7},
)

SUPPORTED = {
    "a number as it is": "it went to 31.25",
    "a number rounded": "it went from 13 to 31",
    "a number rounded to a decimal": "z is 14.2, and the rest 12.5",
    "per cent": "with a probability of 73 %",
    "per cent with a decimal": "with 73.1%",
    "a difference": "it grew by 18.75",
    "a ratio": "it costs 2.5 times as much",
    "a relative change": "it grew by 150 %",
    "thousands": "one of 1,204 changes",
    "a function": "shop.app:Cart.total grew",
    "a change": "0a1b2c3d4e5f did it",
    "a regression": "R-ab12 is looked at",
    "a setting": "CFG-512 was set",
    "a quotation": "the change adds `for item in cart:`",
    "a quotation over blanks": "it adds `for item in  cart:`",
    "an argument": "`lru_cache` was looked for, at most 7",
    "a negative number": "it is off by -14.2",
}


@pytest.mark.parametrize("claim", SUPPORTED.values(), ids=SUPPORTED)
def test_what_the_reply_holds_supports_a_claim(claim):
    assert unsupported(claim, REPLY) == ""


UNSUPPORTED = {
    "another number": ("it went to 31.35", "31.35"),
    "too exact": ("a probability of 73.2 %", "73.2 %"),
    "another function": ("shop.app:Cart.sum grew", "shop.app:Cart.sum"),
    "another change": ("0a1b2c3d4e50 did it", "0a1b2c3d4e50"),
    "another regression": ("R-ab13 is looked at", "R-ab13"),
    "another setting": ("CFG-513 was set", "CFG-513"),
    "another quotation": ("it adds `for item in basket:`", "for item in basket:"),
    "one of several": ("it went from 12.5 to 99", "99"),
    "a part of a number": ("there are 120 changes", "120"),
    "a word of no term": ("it is plainly guilty", "names nothing"),
    "no word": ("", "names nothing"),
    "a blank quotation": ("` ` Bob did it", "names nothing"),
    "the beginning of a name": ("`Cart.tot` did it", "Cart.tot"),
    "the beginning of an id": ("R-ab1 is looked at", "R-ab1"),
    "a part of an argument": ("`lru` was looked for", "lru"),
    "a number with a unit": ("it took 900req", "900req"),
    "a number after an x": ("it is x900 slower", "x900"),
    "per cent in a word": ("it grew by 2.5 percent", "2.5 percent"),
}


@pytest.mark.parametrize(("claim", "why"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_it_does_not_hold_is_named(claim, why):
    assert why in unsupported(claim, REPLY)


def test_a_failed_call_supports_nothing():
    assert unsupported("it went to 31.25", REPLY | {"failed": True}) == "the call of look failed"


def test_a_number_in_a_text_is_found_whole():
    shown = entry({"text": "version 1.4.0 of 2026"})
    assert unsupported("`1.4.0` came in 2026", shown) == ""
    assert "202" in unsupported("there were 202", shown)


def test_a_reply_that_is_no_json_is_a_text():
    assert unsupported("`no such file` was said", entry("no such file")) == ""


def test_a_comparison_takes_two_numbers():
    odd = entry({"before": None, "after": 3, "inner": {"before": 0, "after": 4}})
    assert unsupported("it grew by 4", odd) == ""
    assert "inf" not in str(Shown.of(odd).numbers)


@pytest.mark.parametrize(
    "text", ["`", "``", "%", "1e400", "R-", ":", "a:b:c", "`a` `b", "1,2,3", "-"]
)
def test_odd_claims_have_terms_or_none(text):
    assert all(term.text for term in terms_of(text))


def test_an_edit_that_was_proposed_supports_nothing():
    told = {**entry({"path": "shop/app.py", "diff": "+x = 31.25"}), "tool": "propose_edit"}
    assert "what its author says" in unsupported("it went to 31.25", told)
