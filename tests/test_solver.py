import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import CaseError
from workbench.history import run_git
from workbench.solver import CASE_FILE, SolveOptions, open_case, solve, to_json

FAST = "def main(n):\n    seen = set()\n    for i in range(n):\n        seen.add(i % 900)\n    return len(seen)\n"
SLOW = FAST.replace("set()", "[]").replace(
    "        seen.add(i % 900)", "        if i % 900 not in seen:\n            seen.append(i % 900)"
)
WORKLOAD = """import os, time
import app
begin = time.process_time()
for _ in range(int(os.environ["WL_REPEAT"])):
    check = app.main(6000)
used = time.process_time() - begin
print(f"WL cpu={used:.6f} wall={used:.6f} check={check}")
"""


@pytest.fixture
def case(make_repository: Callable, make_store: Callable, tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    folder.mkdir()
    extra = "".join(f"\n\ndef helper_{i}():\n    return {i}\n" for i in range(5))
    later = extra.replace("return 3", "return 33")
    make_repository(
        {"app.py": FAST + extra}, {"app.py": FAST + later}, {"app.py": SLOW + later},
        {"app.py": SLOW + later, "notes.md": "n\n"}, name="case/repo",
    )  # fmt: skip
    store = make_store(
        {"<module> (w.py:1);main (app.py:1)": 0.2}, {"<module> (w.py:1);main (app.py:1)": 0.9},
        name="case/store",
    )  # fmt: skip
    assert store.folder.is_dir()
    (folder / "w.py").write_text(WORKLOAD)
    seen = {"id": "case", "service": "svc", "base": "main~3", "head": "main",
            "workload": {"command": ["w.py"], "paths": [], "rounds": 1}}  # fmt: skip
    (folder / CASE_FILE).write_text(json.dumps(seen))
    return folder


def test_a_planted_regression_is_named_fixed_and_handed_over(case):
    repository = case / "repo"
    culprit = run_git(repository, "rev-parse", "main~1").strip()
    outcome = solve(open_case(case), SolveOptions(n_runs=5))
    summary = to_json(outcome)
    json.dumps(summary, allow_nan=False)
    assert summary["regressions"][0]["change_index"] == 20
    assert summary["cause"]["commit"] == summary["suspects"][0] == culprit
    assert summary["fix"]["verified"]
    assert summary["fix"]["gain_restored"] > 0.8
    assert "Ada Keller <ada@example.invalid>" in outcome.fix.pull_request
    assert run_git(repository, "status", "--porcelain") == ""
    branch = summary["fix"]["branch"]
    assert run_git(repository, "rev-list", "--count", f"main..{branch}").strip() == "1"
    fixed = run_git(repository, "show", f"{branch}:app.py")
    assert "seen.add" in fixed
    assert "return 33" in fixed


def test_a_store_alone_is_detected_and_accuses_nobody(case):
    outcome = solve(open_case(case / "store"))
    assert outcome.detection.regressions
    assert outcome.cause is None
    assert outcome.fix is None


def test_what_is_wrong_with_a_case_is_said(case, tmp_path):
    with pytest.raises(CaseError, match="found neither"):
        open_case(tmp_path)
    (case / "repo" / "dirt").touch()
    with pytest.raises(CaseError, match="uncommitted changes in dirt"):
        solve(open_case(case))
    (case / CASE_FILE).write_text('{"id": 1}')
    with pytest.raises(CaseError, match="expected id, service, base, head, workload"):
        open_case(case)
