import json
import re
import time

import numpy as np
import pandas as pd
import pytest

from workbench.errors import WorkbenchError
from workbench.views.columns import in_text
from workbench.widgets import ExperimentBoard

ROWS = [
    # case, variant, correct, said, sure, steps
    ("a", "old", 0.0, "B-1", 0.5, ["look", "end"]), ("b", "old", 1.0, "", 0.9, ["look", "end"]),
    ("c", "old", 1.0, "B-2", 0.8, []), ("a", "new", 1.0, "", 0.7, ["look", "ask", "end"]),
    ("b", "new", 0.0, "B-3", 0.6, ["ask"]), ("c", "new", 1.0, "B-2", 0.8, []),
    ("a", "no-skills", 0.0, "B-1", 0.5, []), ("b", "no-skills", 0.0, "B-1", 0.5, []),
    ("c", "no-skills", 0.0, "B-1", 0.5, []),
]  # fmt: skip
RESULTS = pd.DataFrame(
    ROWS, columns="case variant correct said_change_id said_confidence said_steps".split()
).assign(
    model="m", epoch=0, service="shop", case_kind="commit", false_accusation=[1, 0, 0] * 3,
    seconds=[1.0, 2.0, 3.0] * 3,
)  # fmt: skip
COMPARISONS = pd.DataFrame([
    {"variant": "new", "model": "m", "measure": "correct", "difference": 0.0, "low": -0.5, "high": 0.5,
     "p_value": 1.0, "verdict": "inconclusive", "detectable": 0.63, "needed": 61.0},
    {"variant": "no-skills", "model": "m", "measure": "correct", "difference": -0.67,
     "p_value": 0.0004, "verdict": "worse", "needed": None},
])  # fmt: skip


def make_board(**told):
    return ExperimentBoard(RESULTS, COMPARISONS, **told)


def told(board, half=0):
    """Return what is told of a half."""
    return board._told["halves"][half]


def both_halves():
    """Return results of two halves, and comparisons; in the second the others are right."""
    other = RESULTS.assign(
        case="x" + RESULTS["case"], correct=1 - RESULTS["correct"], split="train"
    )
    results = pd.concat([RESULTS.assign(split="test"), other], ignore_index=True)
    better = COMPARISONS.assign(verdict="better", half="train")
    return results, pd.concat([COMPARISONS.assign(half="test"), better], ignore_index=True)


def test_each_half_is_looked_at_by_itself_what_was_held_out_first():
    board = ExperimentBoard(*both_halves())
    assert board.half == "test"
    assert [one["name"] for one in board._told["halves"]] == ["test", "train"]
    assert board.variants["n_cases"].tolist() == [3, 3, 3]
    assert board.still()["text/plain"] == "3 variants, 6 cases"
    assert "3 variants, 3 cases of the test half" in board.still()["text/html"]
    board.chosen, board.case, board.selected = "no-skills", "b", ["b"]
    board.half = "train"
    assert (board.chosen, board.case, board.selected) == ("no-skills", "", [])
    assert board.differing["case"].tolist() == ["xb", "xc"]
    verdicts = [told(board, half)["variants"][1]["verdicts"]["correct"] for half in (0, 1)]
    assert [one["verdict"] for one in verdicts] == ["inconclusive", "better"]
    assert ExperimentBoard(*both_halves(), half="train").half == "train"


def test_what_a_half_has_not_is_let_go_of():
    results, _ = both_halves()
    results.loc[results["split"] == "train", ["seconds", "case_kind"]] = [np.nan, None]
    kept = results[(results["split"] == "test") | (results["variant"] != "no-skills")]
    board = ExperimentBoard(kept, chosen="no-skills", measure="seconds")
    board.half = "train"
    assert (board.chosen, board.measure, board.stratum) == ("new", "correct", "service")


def test_all_that_a_half_has_not_is_let_go_of_at_once():
    results, _ = both_halves()
    results["top1"] = results["correct"].where(results["split"] == "test")
    kept = results[(results["split"] == "test") | (results["variant"] != "no-skills")]
    board = ExperimentBoard(kept, chosen="no-skills", measure="top1")
    board.selected = board.differing["case"].tolist()
    board.half = "train"
    assert (board.chosen, board.measure, board.selected) == ("new", "correct", [])


def test_what_is_no_half_is_refused():
    results, comparisons = both_halves()
    with pytest.raises(WorkbenchError, match="half: expected one of 'test', 'train', got 'both'"):
        ExperimentBoard(results, half="both")
    with pytest.raises(
        WorkbenchError, match="expected a column 'half', as results have test, train"
    ):
        ExperimentBoard(results, comparisons.drop(columns="half"))
    with pytest.raises(
        WorkbenchError, match="comparisons.half: expected one of test, train, got 'all'"
    ):
        ExperimentBoard(results, comparisons.assign(half="all"))


def test_it_begins_with_the_first_that_is_no_floor_and_the_one_after():
    board = make_board()
    assert (board.baseline, board.chosen) == ("old", "new")
    assert (board.measure, board.stratum) == ("correct", "kind")
    assert (board.case, board.selected) == ("", [])
    assert make_board(chosen="no-skills", stratum="service").stratum == "service"
    turned = ExperimentBoard(RESULTS, baseline="new/m")
    assert (turned.baseline, turned.chosen) == ("new", "old")
    with pytest.raises(AttributeError):
        board.baseline = "new"


def test_the_cases_that_are_selected_are_a_table():
    board = make_board()
    assert board.selection.empty
    board.selected = ["b", "a"]
    columns = ["case", "outcome", "said_before", "said_after", "step"]
    told = board.selection[columns].to_numpy().tolist()
    assert told == [["b", "lost", "", "B-3", 0], ["a", "solved", "B-1", "", 1]]
    assert board.differing["case"].tolist() == ["a", "b"]


def test_what_is_no_longer_different_is_no_longer_selected():
    board = make_board()
    board.selected = ["a", "b"]
    board.chosen = "no-skills"
    assert (board.selected, board.selection["case"].tolist()) == (["b"], ["b"])
    assert board.selection["said_after"].tolist() == ["B-1"]
    board.measure = "seconds"
    assert board.selection.empty


def test_what_is_selected_is_told_of_the_variant_that_is_chosen():
    board = make_board()
    board.selected = ["b"]
    assert board.selection["said_after"].tolist() == ["B-3"]
    board.chosen = "no-skills"
    assert board.selection["said_after"].tolist() == ["B-1"]


def test_a_table_of_none_has_columns_of_the_same_kinds():
    board = make_board()
    nothing = board.selection
    board.selected = ["a"]
    assert [*nothing.columns] == [*board.selection.columns]
    assert nothing["before"].dtype == board.selection["before"].dtype


def test_either_name_of_a_variant_chooses_it():
    board = make_board()
    board.chosen = "no-skills/m"
    assert board.chosen == "no-skills"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("chosen", "nwe", "^chosen: expected one of old, new, no-skills, got 'nwe'$"),
        ("measure", "top1", "^measure: expected one of correct, false_accusation, seconds, got 'top1'$"),
        ("stratum", "size", "^stratum: expected one of kind, service, got 'size'$"),
        ("stratum", "", "^stratum: expected one of kind, service, got ''$"),
        ("case", "z", "^case: expected an id of the 3 cases, such as a, got 'z'$"),
        ("selected", ["c"], "^selected: expected one of a, b, as new and old differ in correct there alone, got 'c'$"),
    ],
)  # fmt: skip
def test_what_there_is_not_cannot_be_chosen(name, value, words):
    board = make_board()
    before = getattr(board, name)
    with pytest.raises(WorkbenchError, match=words):
        setattr(board, name, value)
    assert getattr(board, name) == before
    with pytest.raises(WorkbenchError, match=words):
        make_board(**{name: value})


def test_a_case_can_be_open_that_does_not_differ():
    board = make_board()
    board.case = "c"
    assert board.case == "c"
    board.case = ""


def test_results_without_strata_have_none():
    board = ExperimentBoard(RESULTS[["case", "variant", "correct"]])
    assert (board.stratum, told(board)["strata"]) == ("", [])
    board.stratum = ""
    with pytest.raises(
        WorkbenchError, match="stratum: expected an empty text, as results have none, got 'kind'"
    ):
        board.stratum = "kind"


def test_one_variant_alone_is_its_own_baseline():
    board = ExperimentBoard(RESULTS[RESULTS["variant"] == "new"])
    assert (board.baseline, board.chosen) == ("new", "new")
    assert board.differing.empty
    with pytest.raises(WorkbenchError, match="selected: expected none, as .* got 'a'"):
        board.selected = ["a"]


def test_verdicts_travel_with_their_variant():
    old, new, floor = told(make_board())["variants"]
    assert old["verdicts"] == {}
    assert new["verdicts"]["correct"]["verdict"] == "inconclusive"
    assert new["verdicts"]["correct"]["needed"] == 61.0
    assert floor["verdicts"]["correct"]["needed"] is None
    assert told(make_board())["has_verdicts"]
    assert not told(ExperimentBoard(RESULTS))["has_verdicts"]


def test_failures_are_counted():
    failed = RESULTS.assign(said_failure=["", "", "", "", "no reply", "", "", "", ""])
    assert [one["n_failed"] for one in told(ExperimentBoard(failed))["variants"]] == [0, 1, 0]


def test_a_long_trace_is_clipped_and_its_steps_counted():
    many = RESULTS.assign(said_steps=[[f"step {i}" for i in range(900)]] * 9)
    answers = told(ExperimentBoard(many))["answers"]
    ends = np.frombuffer(answers["ends"]["data"], np.uint32)
    assert set(np.diff(ends)) == {300}
    assert set(np.frombuffer(answers["n_steps"]["data"], np.uint16)) == {900}


def test_the_variants_are_a_table():
    table = make_board().variants
    assert table["variant"].tolist() == ["old", "new", "no-skills"]
    assert table["correct"].tolist() == pytest.approx([2 / 3, 2 / 3, 0])


def test_a_saved_notebook_shows_verdicts_in_words_and_escapes_names():
    still = make_board().still()
    assert still["text/plain"] == "3 variants, 3 cases"
    assert "<td>66.7% (20.8% to 93.9%)</td>" in still["text/html"]
    assert "<td>inconclusive (p 1)</td>" in still["text/html"]
    assert "<td>worse (p &lt; 0.001)</td>" in still["text/html"]
    assert "<td>baseline</td>" in still["text/html"]
    odd = ExperimentBoard(RESULTS.replace("new", "<b>new")).still()["text/html"]
    assert "&lt;b&gt;new" in odd
    assert "not compared" in odd


def test_a_measure_that_says_nothing_of_a_variant_is_a_dash():
    results = RESULTS.assign(top1=[1.0, 0, 1, *[np.nan] * 6])
    assert "<td>–</td>" in ExperimentBoard(results).still()["text/html"]


def test_one_file_needs_nothing_and_holds_what_is_chosen():
    board = make_board(chosen="no-skills", case="a")
    text = board.to_html()
    assert not re.search(r"(?:src|href)=|https?://(?!www\.w3\.org)", text)
    state = json.loads(text.split('type="application/json">')[1].split("</script>")[0])[0]["state"]
    assert (state["chosen"], state["case"]) == ("no-skills", "a")
    assert state["_told"]["halves"][0]["variants"][1]["name"] == "new"


def test_hundreds_of_cases_are_told_at_once_and_in_little():
    rng = np.random.default_rng(1)
    n_cases, n_variants, n_epochs = 442, 6, 3
    steps = [[f"Called tool {i}" for i in rng.integers(0, 30, 20)] for _ in range(50)]
    keys = pd.MultiIndex.from_product(
        [[f"case {i}" for i in range(n_cases)], [f"v{i}" for i in range(n_variants)], range(n_epochs)],
        names=["case", "variant", "epoch"],
    )  # fmt: skip
    n = len(keys)
    results = keys.to_frame(index=False).assign(
        correct=rng.integers(0, 2, n), top1=rng.integers(0, 2, n), seconds=rng.random(n),
        said_confidence=rng.random(n), said_steps=[steps[i] for i in rng.integers(0, 50, n)],
        service=[f"s{i}" for i in rng.integers(0, 47, n)],
    )  # fmt: skip
    began = time.perf_counter()
    board = ExperimentBoard(results)
    assert time.perf_counter() - began < 1.0
    assert len(json.dumps(in_text(board._told))) < 2_000_000
