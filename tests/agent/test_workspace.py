import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workbench.agent import Investigation, Workspace, workspace
from workbench.agent.tools.toolset import TOOLS, run_tool
from workbench.errors import HistoryError, StoreError, ToolError
from workbench.history import Repository
from workbench.ingest import read
from workbench.store import Store


def test_the_only_service_need_not_be_named(shelf):
    opened = Workspace(shelf["store"], shelf["repo"])
    assert opened.services() == ["shop"]
    assert opened.investigation() is opened.investigation("shop")
    (found,) = [r for r in opened.investigation().detection.found if r.subject == "shop.app:total"]
    assert found.change_index == 15


def test_of_several_services_one_is_named(shelf):
    opened = Workspace(shelf["two"], shelf["repo"])
    for service in ("", "Shop"):
        with pytest.raises(ToolError, match="there are shop, till"):
            opened.investigation(service)
    assert opened.investigation("till").recording.service == "till"
    assert opened.investigation("till") is not opened.investigation("shop")


def test_one_service_may_be_chosen_for_all(shelf):
    opened = Workspace(shelf["two"], service="till")
    assert opened.investigation().recording.service == "till"
    with pytest.raises(ToolError, match="there are till"):
        opened.investigation("shop")
    with pytest.raises(ToolError, match="no service 'tills'; there are shop, till"):
        Workspace(shelf["two"], service="tills").services()


def test_what_is_no_store_is_told_at_once(shelf, tmp_path):
    for folder, found in ((tmp_path, "found none"), (tmp_path / "x", "no such folder")):
        with pytest.raises(StoreError, match=found):
            Workspace(folder)
    with pytest.raises(StoreError, match="expected a git repository"):
        Workspace(shelf["store"], tmp_path / "x")


def test_a_repository_without_the_versions_is_told(make_store, shelf):
    make_store({"a;b": 1.0}, {"a;b": 1.0})
    opened = Workspace(make_store({"a;b": 1.0}, {"a;b": 1.0}, name="s2").folder, shelf["repo"])
    expected = "expected the versions of svc, found no revision 'head', which its last window ran"
    with pytest.raises(HistoryError, match=expected):
        opened.investigation()


def test_windows_without_a_version_are_told_what_to_do(shelf, tmp_path):
    store = Store.create(tmp_path / "store")
    for day in (1, 2):
        store.add(
            read(b"a;b 1\n", format="folded"), service="s", at=datetime(2026, 2, day, tzinfo=UTC)
        )
    with pytest.raises(HistoryError, match="have no version; ingest with --version"):
        Workspace(store.folder, shelf["repo"]).investigation()


def test_a_version_that_is_not_known_hides_no_other(shelf, tmp_path):
    repository = Repository(shelf["repo"])
    store = Store.create(tmp_path / "store")
    for day, version in enumerate(("v0.9", "v1", "nightly", repository.resolve("main")), start=1):
        at = datetime(2026, 2, day, tzinfo=UTC)
        store.add(read(b"a;b 1\n", format="folded"), service="s", version=version, at=at)
    opened = Workspace(store.folder, shelf["repo"]).investigation()
    first, last = repository.resolve("v1"), repository.resolve("main")
    assert opened.versions == (first, first, "nightly", last)
    assert {change.window for change in opened.changes} == {3}


def test_a_service_of_another_repository_is_opened_without_its_code(shelf, tmp_path):
    store = Store.open(shutil.copytree(shelf["store"], tmp_path / "store"))
    profile = read(b"a;b 1\n", format="folded")
    store.add(profile, service="other", version="r7", at=datetime(2026, 2, 1, tzinfo=UTC))
    opened = Workspace(store.folder, shelf["repo"])
    assert opened.investigation("shop").repository is not None
    with pytest.raises(ToolError, match="no code to read: .*no revision 'r7'"):
        opened.investigation("other").code()


def test_an_empty_store_has_no_service(tmp_path):
    Store.create(tmp_path / "empty")
    with pytest.raises(ToolError, match="the store has no profiles"):
        Workspace(tmp_path / "empty").investigation()


def test_a_few_windows_have_no_regressions(make_store):
    opened = Workspace(make_store({"a;b": 1.0}, {"a;b": 9.0}, n_windows=2).folder)
    shop = opened.investigation()
    (listed,) = [tool for tool in TOOLS if tool.__name__ == "list_regressions"]
    assert '"total": 0' in run_tool(listed, shop, {})


def test_a_store_that_changed_is_opened_anew(make_store, monkeypatch):
    store = make_store({"a;b": 1.0}, {"a;b": 1.0}, n_windows=6)
    opened = Workspace(store.folder)
    first = opened.investigation()
    assert opened.investigation() is first
    monkeypatch.setattr(workspace, "_LOOK_EVERY_S", 0.0)
    assert opened.investigation() is first
    profile = read(b"a;b 5\n", format="folded")
    store.add(
        profile, service="svc", at=datetime(2026, 2, 1, tzinfo=UTC), work=1.0, cpu_seconds=1.0
    )
    assert opened.investigation().recording.n_windows == 13
    store.add(profile, service="other", at=datetime(2026, 2, 1, tzinfo=UTC))
    assert opened.services() == ["svc"]
    assert opened.investigation("other").recording.n_windows == 1
    with pytest.raises(ToolError, match="there are other, svc"):
        opened.investigation()


def test_what_was_detected_is_found_when_it_is_asked_for(shelf):
    shop = Workspace(shelf["store"]).investigation()
    assert callable(shop.detected)
    assert shop.detection is shop.detection is shop.detected
    eager = Workspace(shelf["store"])
    eager.warm_up()
    assert not callable(eager.investigation().detected)
    Workspace(shelf["two"]).warm_up()


def test_opening_imports_nothing_heavy(shelf):
    code = (
        "import sys\nfrom pathlib import Path\nfrom workbench.agent.workspace import Workspace\n"
        f"import workbench.agent.mcp\nWorkspace(Path({str(shelf['store'])!r}))\n"
        "heavy = ('pandas', 'duckdb', 'scipy', 'numba', 'langgraph', 'langchain_core', 'ruptures')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_versions_that_are_no_revisions_do_not_keep_causes_from_being_ranked(shop, culprit):
    windows = shop.recording.windows.copy()
    windows.loc[9:13, "version"] = "build-77"
    odd = replace(shop.recording, windows=windows)
    seen = Investigation(odd, shop.detection, shop.repository, shop.base, shop.head)
    ranking = seen.ranking(seen.detection.found[0].id)
    assert culprit(shop) in {s.change.id for s in ranking.suspects}
