import pytest


def test_variants_are_compared_on_cases(workbench, tmp_path):
    code, out, err = workbench("evaluate", "feed/H4", "--out", "results", "--jobs", "1")
    assert (code, err) == (0, "")
    rows = [line for line in out.splitlines() if line.rstrip().endswith(("(playbook)", "(none)"))]
    assert len(rows) == 3
    assert out.splitlines()[0].strip() == "1 case"
    assert (tmp_path / "results" / "cells.jsonl").is_file()
    assert workbench("evaluate", "feed/H4", "--out", "results", "--jobs", "1")[1] == out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nope",), "none is like 'nope'"),
        (
            ("feed/H4", "--variant", "ours"),
            "expected NAME=FOLDER or NAME=FOLDER@REVISION, got 'ours'",
        ),
        (("feed/H4", "--variant", "a=nowhere"), "nowhere: expected skills"),
    ],
)
def test_what_cannot_be_compared_is_one_error_and_leaves_nothing(workbench, tmp_path, words, said):
    code, _, err = workbench("evaluate", *words, "--out", "results")
    assert code == 1
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "results").exists()
