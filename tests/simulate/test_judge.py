import pandas as pd

from workbench.simulate import Fleet, judge_reports
from workbench.types import Regression


def report(subject: str, at: int, *merged: str) -> Regression:
    return Regression(f"R-{subject}-{at}", subject, "gcpu", at, at, at, 0.1, 0.2, 1e-6, merged)


def test_reports_are_judged_by_function_and_place():
    truth = pd.DataFrame(
        [("s", "regression", "f", 100), ("s", "regression", "g", 300), ("s", "drift", "h", 10),
         ("other", "regression", "f", 500)],
        columns=["service", "kind", "subject", "change_index"],
    )  # fmt: skip
    fleet = Fleet((), truth)
    assert judge_reports(fleet, "s", [report("f", 108)]) == (3, 1, 0)
    assert judge_reports(fleet, "s", [report("caller", 100, "f")]) == (3, 1, 0)
    assert judge_reports(fleet, "s", [report("f", 113), report("h", 10)]) == (3, 1, 1)
    assert judge_reports(fleet, "s", [report("f", 99), report("f", 101)]) == (3, 1, 0)
    assert judge_reports(fleet, "s", [report("g", 100)]) == (3, 0, 1)
    assert judge_reports(fleet, "none", []) == (0, 0, 0)
