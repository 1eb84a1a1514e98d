import json
import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from workbench.errors import HistoryError, SignalError
from workbench.profile import Function
from workbench.types import Change, Feature, Ranking, Suspect
from workbench.widgets import SuspectTable
from workbench.widgets.suspect_table import CARRIED_LINES, clip_diff

ROWS = [
    {"change": "a1", "title": "Log more", "author": "Bo", "probability": 0.2, "kind": "flag"},
    {"change": "b2", "title": "Cache less", "author": "Ada", "at": "2026-01-05T09:18",
     "probability": 0.7, "window": 20, "files": ["pkg/cache.py"], "functions": ["pkg.cache:get"],
     "features": [{"note": "holds the growth", "contribution": 2.5}]},
]  # fmt: skip
DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a\n+b\n"


def make_ranking():
    at = datetime(2026, 1, 5, 9, 18, tzinfo=UTC)
    change = Change("c3", "Read twice", "Cy", "", at, functions=(Function("read", "pkg/m.py"),))
    feature = Feature("lift", 1.0, -0.5, "it is far away")
    suspect = Suspect(change, 0.9, ("pkg.m:parse",), 0.4, (feature,))
    return Ranking((suspect,), 0.1, (Feature("best", 1.0, -3.0, "the best has much"),))


def ask(table, **message):
    table._handle_custom_msg(message, [])


def test_literal_rows_are_enough():
    table = SuspectTable(ROWS)
    table.selected = ["b2"]
    row = table.selection.iloc[0]
    assert [row["title"], row["author"], row["window"], row["probability"]] == [
        "Cache less",
        "Ada",
        20,
        0.7,
    ]
    assert row["at"] == datetime(2026, 1, 5, 9, 18)
    assert row["files"] == ("pkg/cache.py",)


def test_the_most_probable_stands_first_and_none_takes_the_rest():
    table = SuspectTable(ROWS)
    assert [row["id"] for row in table._told["rows"]] == ["b2", "a1"]
    assert table._told["none"]["probability"] == pytest.approx(0.1)
    assert SuspectTable(ROWS, none_probability=0.05)._told["none"]["probability"] == 0.05
    assert SuspectTable([])._told["none"]["probability"] == 1.0


def test_a_ranking_is_told_with_its_evidence():
    told = SuspectTable(make_ranking())._told
    row = told["rows"][0]
    assert row["features"] == [{"note": "it is far away", "contribution": -0.5}]
    assert (row["growing"], row["functions"], row["n_functions"]) == (
        ["pkg.m:parse"],
        ["pkg.m:read"],
        2,
    )
    assert row["at"] == "2026-01-05T09:18+00:00"
    assert told["none"]["features"][0]["contribution"] == -3.0


def test_many_functions_are_counted_and_not_all_listed():
    rows = [{"change": "a", "probability": 1.0, "functions": [f"f{i}" for i in range(5000)]}]
    row = SuspectTable(rows)._told["rows"][0]
    assert row["n_functions"] == 5000
    assert len(row["functions"]) < 100


def test_selection_keeps_the_order_of_clicks():
    table = SuspectTable(ROWS)
    assert table.selection.empty
    assert "probability" in table.selection.columns
    table.selected = ["b2", "a1"]
    assert table.selection["change"].tolist() == ["b2", "a1"]


@pytest.mark.parametrize("name", ["selected", "opened"])
def test_a_change_that_there_is_not_cannot_be_chosen(name):
    table = SuspectTable(ROWS)
    with pytest.raises(SignalError, match=f"{name}: 'zz' is none of the 2 candidates"):
        setattr(table, name, ["b2", "zz"])
    assert getattr(table, name) == []


def test_none_of_these_can_be_opened_and_not_selected():
    table = SuspectTable(make_ranking())
    table.opened = [""]
    with pytest.raises(SignalError):
        table.selected = [""]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("text", "expected a Ranking or a list of mappings, got str"),
        (None, "got NoneType"),
        ([3], r"suspects\[0\]: expected a mapping, got int"),
        ([{"change": "a"}], r"suspects\[0\]: expected `probability`"),
        ([{"probability": 0.1}], "expected `change`"),
        ([{"change": "a", "probability": 1.5}], r"suspects\[0\].probability: .* got 1.5"),
        ([{"change": "a", "probability": float("nan")}], "from 0 to 1"),
        ([{"change": "a", "probability": "much"}], "expected a number, got 'much'"),
        ([{"change": "a", "probability": 0.1}] * 2, "'a' is there twice"),
        ([{"change": "a", "probability": 0.1, "at": "noon"}], "ISO 8601, got 'noon'"),
        (
            [{"change": "a", "probability": 0, "features": [{"note": "x"}]}],
            r"features\[0\].contribution",
        ),
        (
            [{"change": "a", "probability": 0, "features": ["x"]}],
            r"features\[0\]: expected a mapping",
        ),
        (
            [{"change": "a", "probability": 0, "functions": "main"}],
            r"functions: expected a list, got 'main'",
        ),
        ([{"change": "a", "probability": 0, "files": 3}], r"files: expected a list, got 3"),
        (
            [{"change": "a", "probability": 0, "n_added": "x"}],
            "n_added: expected a number, got 'x'",
        ),
        (
            [{"change": "a", "probability": 0, "window": 2.5}],
            "window: expected a whole number, got 2.5",
        ),
        ([{"change": "a", "probability": 0, "growth": "x"}], "growth: expected a number, got 'x'"),
    ],
)
def test_what_is_no_ranking_is_refused(given, words):
    with pytest.raises(SignalError, match=words):
        SuspectTable(given)


def test_rows_of_a_frame_and_numbers_of_numpy_do_as_well():
    frame = pd.DataFrame({"change": ["a", "b"], "probability": np.float32([0.5, 0.25]), "at": [pd.NaT, pd.Timestamp("2026-01-05")],
                          "window": [np.nan, 4.0], "title": [None, "later"]})  # fmt: skip
    table = SuspectTable(frame)
    assert [(one.change.title, one.change.window, one.probability) for one in table.ranking.suspects] == [
        ("", None, 0.5), ("later", 4, 0.25),
    ]  # fmt: skip
    assert SuspectTable([{"change": "a", "probability": 0.5, "window": np.int64(4)}]).to_html()


def test_a_table_of_none_has_columns_of_the_same_kinds():
    table = SuspectTable(ROWS)
    nothing = table.selection
    table.selected = ["a1"]
    names = ["probability", "growth"]
    assert nothing[names].dtypes.tolist() == table.selection[names].dtypes.tolist()


def test_what_is_no_candidate_is_not_read():
    asked = []
    table = SuspectTable(ROWS, read_diff=lambda name: asked.append(name) or DIFF)
    for name in ("HEAD", "--output=x", "", None, 3, ["b2"]):
        ask(table, kind="diff", change=name)
    assert (asked, table._diffs) == ([], {})
    ask(table, kind="diff", change="b2")
    assert asked == ["b2"]


def test_a_diff_is_read_when_its_row_is_opened_and_once():
    asked = []
    table = SuspectTable(ROWS, read_diff=lambda name: asked.append(name) or DIFF)
    assert asked == []
    table.opened = ["b2"]
    table.opened = ["b2", "a1"]
    assert asked == ["b2", "a1"]
    assert (
        table._diffs["b2"] == {"text": DIFF, "n_lines": 5, "is_whole": True}
        or table._diffs["b2"]["is_whole"]
    )


def test_a_long_diff_comes_in_full_when_it_is_asked_for():
    long = "@@ -0,0 +1,3000 @@\n" + "".join(f"+line {i}\n" for i in range(3000))
    table = SuspectTable(ROWS, read_diff=lambda name: long)
    table.opened = ["b2"]
    first = table._diffs["b2"]
    assert (first["n_lines"], first["is_whole"]) == (3001, False)
    assert len(first["text"].splitlines()) == CARRIED_LINES
    ask(table, kind="diff", change="b2", whole=True)
    assert table._diffs["b2"]["text"] == long
    assert table._diffs["b2"]["is_whole"]


def test_one_endless_line_is_clipped_too():
    told = clip_diff("+" + "x" * 10**6, is_whole=False)
    assert len(told["text"]) < 10**5
    assert not told["is_whole"]


def test_a_diff_that_cannot_be_read_says_why_and_can_be_asked_for_again():
    replies = iter([HistoryError("no such commit: b2"), DIFF])

    def read(name):
        reply = next(replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    table = SuspectTable(ROWS, read_diff=read)
    table.opened = ["b2"]
    assert table._diffs["b2"] == {"error": "no such commit: b2"}
    ask(table, kind="diff", change="b2")
    assert "error" not in table._diffs["b2"]


def test_an_error_that_nobody_foresaw_is_logged(caplog):
    table = SuspectTable(ROWS, read_diff=lambda name: {}[name])
    table.opened = ["b2"]
    assert table._diffs["b2"] == {"error": "KeyError: 'b2'"}
    assert caplog.records[0].exc_info[0] is KeyError


def test_a_diff_that_was_given_needs_nobody_to_read_it():
    table = SuspectTable([{"change": "a", "probability": 1.0, "diff": DIFF}])
    table.opened = ["a"]
    assert table._diffs["a"]["text"].startswith("--- a/x.py")


def test_nothing_is_asked_where_nobody_reads():
    table = SuspectTable(ROWS)
    table.opened = ["b2"]
    ask(table, kind="diff", change="b2")
    assert table._diffs == {}


def test_another_ranking_can_be_shown():
    table = SuspectTable(ROWS, read_diff=lambda name: DIFF)
    table.selected, table.opened = ["b2"], ["b2"]
    table.ranking = make_ranking()
    assert (table.selected, table.opened, table._diffs) == ([], [], {})
    assert [row["id"] for row in table._told["rows"]] == ["c3"]
    table.selected = ["c3"]
    assert table.selection["title"].tolist() == ["Read twice"]


def test_a_saved_notebook_shows_the_first_ten():
    rows = [{"change": f"c{i}", "title": f"<b>{i}", "probability": 0.01} for i in range(30)]
    data, _ = SuspectTable(rows)._repr_mimebundle_()
    assert data["text/plain"] == "30 candidates for a cause"
    assert data["text/html"].count("<tr>") == 12  # head, ten, and none of these
    assert "&lt;b&gt;3" in data["text/html"]
    assert "None of these" in data["text/html"]


def test_one_file_holds_diffs_that_were_given_and_needs_nothing():
    rows = [{"change": "a", "title": "</script>", "probability": 1.0, "diff": DIFF}]
    table = SuspectTable(rows)
    text = table.to_html()
    assert table._diffs == {}  # it changes nothing
    assert text.count("</script>") == 2
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", text)
    state = json.loads(text.split('type="application/json">')[1].split("</script>")[0])[0]["state"]
    assert state["_diffs"]["a"]["text"] == DIFF
