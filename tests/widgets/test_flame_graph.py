import json
import re
from pathlib import Path

import pandas as pd
import pytest
import traitlets

from workbench.errors import ProfileError
from workbench.views import Flame
from workbench.widgets import FlameGraph

FOLDED = {"main;parse;read": 6, "main;parse": 1, "main;write": 3}


def test_three_literal_lines_are_enough():
    flame = FlameGraph(FOLDED)
    flame.selected = [2]
    assert flame.selection.loc[0, ["function", "depth", "self", "total", "path"]].tolist() == [
        "parse", 2, 1.0, 7.0, "main;parse",
    ]  # fmt: skip


def test_nothing_is_selected_at_first():
    flame = FlameGraph(FOLDED)
    assert flame.selection.empty
    assert "total" in flame.selection.columns


def test_a_table_of_some_nodes_says_what_one_of_all_does():
    sides = [{"a;b;c": 1, "a;b;d": 2 + side, "a;b": 0.5, "e": side, "f;b": 3} for side in (0, 5)]
    for flame in (FlameGraph(sides[1]).flame, FlameGraph(*sides).flame):
        whole = flame.table()
        assert whole["self"].tolist() == flame.own(flame.after)[1:].tolist()
        assert whole["depth"].tolist() == flame.depths()[1:].tolist()
        for node in whole["node"]:
            pd.testing.assert_frame_equal(
                flame.table([node]), whole.loc[[node - 1]].reset_index(drop=True)
            )
    assert whole["delta"].tolist() == flame.delta[1:].tolist()
    assert whole["is_significant"].tolist() == flame.is_significant[1:].tolist()


@pytest.mark.parametrize("several", [tuple, iter, lambda sides: dict(enumerate(sides)).values()])
def test_several_are_added_up_however_they_come(several):
    assert FlameGraph(several([FOLDED, FOLDED])).flame.after[0] == 20


def test_what_is_selected_can_be_observed():
    flame, seen = FlameGraph(FOLDED), []
    flame.observe(lambda change: seen.append(change["new"]["function"].tolist()), "selection")
    flame.selected = [1, 3]
    assert seen == [["main", "write"]]


@pytest.mark.parametrize("nodes", [[99], [-1]])
def test_a_node_that_there_is_not_cannot_be_selected(nodes):
    flame = FlameGraph(FOLDED)
    with pytest.raises(ProfileError, match="expected nodes from 0 to 4"):
        flame.selected = nodes
    assert flame.selected == []


def test_two_sides_make_a_differential_graph():
    flame = FlameGraph(FOLDED, {"main;parse;read": 60, "main;parse": 1, "main;write": 3})
    assert flame.flame.is_diff
    flame.selected = [1, 2]
    assert {"before", "after", "delta", "q_value", "is_significant"} <= {*flame.selection.columns}


def test_another_flame_can_be_shown():
    graph = FlameGraph(FOLDED)
    graph.selected = [3]
    graph.flame = FlameGraph({"other": 2.5}, title="later").flame
    assert graph.selected == []
    assert graph._flame["title"] == "later"
    graph.selected = [1]
    assert graph.selection["function"].tolist() == ["other"]


@pytest.mark.parametrize("what", [None, 3, "main;parse 3", {"a": "b"}, {3: 4}, {"a": True}])
def test_what_is_no_profile_is_refused(what):
    with pytest.raises(ProfileError, match="expected"):
        FlameGraph(what)


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (([], []), "one profile or more as the first, got an empty list"),
        (([FOLDED], []), "as the second, got an empty list"),
        (("x.folded",), r"to read a file: workbench.ingest.read\('x.folded'\)"),
        ((FOLDED, Path("x.folded")), "workbench.ingest.read"),
        (([FOLDED, 3],), "of one kind, got dict, int"),
    ],
)
def test_what_cannot_be_drawn_is_one_clear_error(sides, words):
    with pytest.raises(ProfileError, match=words):
        FlameGraph(*sides)


@pytest.mark.parametrize("value", [1e39, 1e-60])
def test_what_four_bytes_cannot_hold_is_refused_where_a_value_has_four(value, monkeypatch):
    assert FlameGraph({"a;b": value}).flame.after[0] == value
    monkeypatch.setattr("workbench.views.columns.MOST_EXACT", 1)
    with pytest.raises(ProfileError, match=r"all: count: expected values from 1e-38 to 3e\+38"):
        FlameGraph({"a;b": value})


def test_one_list_is_drawn_as_its_sum(make_profile):
    assert FlameGraph([FOLDED]).flame.after.tolist() == FlameGraph(FOLDED).flame.after.tolist()
    assert FlameGraph([FOLDED, FOLDED]).flame.after[0] == 2 * FlameGraph(FOLDED).flame.after[0]
    assert FlameGraph([make_profile("main 3"), make_profile("main;a 4")]).flame.after[0] == 7


def test_an_empty_selection_has_columns_of_the_same_kinds():
    for graph in (FlameGraph(FOLDED), FlameGraph(FOLDED, FOLDED)):
        nothing = graph.selection
        assert nothing["function"].str.contains("x").tolist() == []
        graph.selected = [1]
        assert nothing.dtypes.tolist() == graph.selection.dtypes.tolist()


def test_a_closed_one_still_shows_its_picture():
    graph = FlameGraph(FOLDED)
    graph.close()
    data, _ = graph._repr_mimebundle_()
    assert {*data} == {"text/plain", "image/svg+xml"}


def test_a_saved_notebook_shows_a_picture():
    data, _ = FlameGraph(FOLDED)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["image/svg+xml"].startswith("<svg")
    assert "parse" in data["image/svg+xml"]
    assert data["text/plain"] == "Flame graph: 4 call paths"


def test_one_file_holds_it_all(tmp_path):
    path = tmp_path / "flame.html"
    assert FlameGraph({"main;</script><b>x": 1}).to_html(path, title="a & b") == path
    text = path.read_text(encoding="utf-8")
    assert "<title>a &amp; b</title>" in text
    assert text.count("</script>") == 2  # its own two: what a profile says ends none
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", text)
    state = json.loads(text.split('type="application/json">')[1].split("</script>")[0])
    assert state[0]["state"]["_flame"]["unit"] == "count"


def test_only_flames_are_shown():
    with pytest.raises(traitlets.TraitError):
        FlameGraph(FOLDED).flame = "text"
    assert isinstance(FlameGraph(FOLDED).flame, Flame)


def test_call_paths_are_chosen_by_what_they_end_with():
    flame = FlameGraph({"main;f;g": 2, "main;g": 1, "main;h": 4})
    flame.choose("g")
    assert flame.selection["path"].tolist() == ["main;g", "main;f;g"]
    flame.choose("h", "f")
    assert flame.selection["path"].tolist() == ["main;h", "main;f"]
    with pytest.raises(ProfileError, match="no function 'k' in it"):
        flame.choose("k")
