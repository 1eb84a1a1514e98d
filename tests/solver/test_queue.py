import json
from datetime import UTC, datetime, timedelta

import pytest
from made_fixes import make_verification

from workbench.errors import CaseError
from workbench.solver import find_waiting, waiting
from workbench.types import Diagnosis, Evidence, Fix, Patch, Waiting

SINCE = datetime(2026, 1, 5, tzinfo=UTC)


def made(fix=None, **fields):
    diagnosis = Diagnosis("R-1", "It counts.", "c" * 40, confidence=0.9,
                          evidence=(Evidence("It grew", "call-1"),))  # fmt: skip
    told = {"watts": None, "fix": fix, "no_fix": "" if fix else "none was found", **fields}
    return Waiting("svc-1", SINCE, "R-1", "svc", "app:main", "cost", 0.5, 2.0,
                   diagnosis=diagnosis, **told)  # fmt: skip


def test_a_row_has_what_a_reviewer_chooses_by():
    seen = make_verification(
        good=(1.0,), bad=(3.0,), fixed=(1.2,), restored=0.9, interval=(0.8, 1.0), verified=True
    )
    fix = Fix(Patch("restore_cache", "Keep it", {}), "-a\n+b\n", seen)
    row = made(fix, watts=120.0).to_row(SINCE + timedelta(hours=2))
    assert (row["gain_restored"], row["gain_low"], row["gain_high"]) == (0.9, 0.8, 1.0)
    assert (row["is_verified"], row["summary"], row["watts"]) == (True, "Keep it", 120.0)
    assert (row["age_s"], row["cause"], row["confidence"]) == (7200.0, "c" * 40, 0.9)
    assert row["approve"] == "workbench resume svc-1 --approve"
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_a_diagnosis_without_a_fix_says_why():
    row = made().to_row(SINCE)
    assert (row["is_verified"], row["gain_restored"], row["no_fix"]) == (
        False,
        None,
        "none was found",
    )
    json.dumps(row, allow_nan=False)


def test_nothing_waits_where_there_is_no_file(tmp_path):
    assert waiting(tmp_path / "none.db") == []
    with pytest.raises(CaseError, match="got 'x'; there are none"):
        find_waiting(tmp_path / "none.db", "x")
    assert not (tmp_path / "none.db").exists()
