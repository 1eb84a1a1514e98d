"""The one test of cases that asks the package index."""

import json
from pathlib import Path

import pytest

from workbench.errors import CaseError
from workbench.evaluate import build_case, load_recorded, load_truth
from workbench.history import Repository
from workbench.solver import open_case

BANK = Path(__file__).parents[2] / "datasets" / "pypi"


@pytest.mark.network
def test_a_real_package_becomes_a_case_or_one_error(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (recorded,) = (case for case in load_recorded(BANK) if case.spec.id == "markdown-lines-3.5")
    spec, workload, store = recorded
    out = build_case(spec, workload, tmp_path / "case", recorded=store)
    truth = load_truth(out)
    case = open_case(out)
    repository = Repository(case.repository)
    assert len(truth.culprit_commits) == 1
    assert truth.n_candidates == len(repository.commits(case.base, case.head)) >= 3
    assert "line_offset" in repository.read("markdown/htmlparser.py", case.head)

    crashing = tmp_path / "wl_crash.py"
    crashing.write_text("import markdown\nraise SystemExit('boom')\n")
    before = {path.name for path in tmp_path.iterdir()}
    missing = spec.model_copy(update={"to_version": "3.5.999"})
    for attempt, complaint in (
        ((missing, workload), "cannot fetch Markdown==3.5.999: Could not find a version"),
        ((spec, crashing), "workload of markdown-lines-3.5: .*failed: boom"),
    ):
        with pytest.raises(CaseError, match=complaint) as caught:
            build_case(*attempt, tmp_path / "other")
        assert "\n" not in str(caught.value)
        assert {path.name for path in tmp_path.iterdir()} == before
    assert json.loads((out / "case.json").read_text())["id"] == spec.id
