import subprocess
import sys

import pytest

from workbench.agent import Workspace
from workbench.agent.tools.toolset import TOOLS, run_tool
from workbench.errors import StoreError, ToolError
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
    with pytest.raises(Exception, match="no revision 'base'"):
        opened.investigation()


def test_an_empty_store_has_no_service(tmp_path):
    Store.create(tmp_path / "empty")
    with pytest.raises(ToolError, match="the store has no profiles"):
        Workspace(tmp_path / "empty").investigation()


def test_a_few_windows_have_no_regressions(make_store):
    opened = Workspace(make_store({"a;b": 1.0}, {"a;b": 9.0}, n_windows=2).folder)
    shop = opened.investigation()
    (listed,) = [tool for tool in TOOLS if tool.__name__ == "list_regressions"]
    assert '"total": 0' in run_tool(listed, shop, {})


def test_opening_imports_nothing_heavy(shelf):
    code = (
        "import sys\nfrom pathlib import Path\nfrom workbench.agent.workspace import Workspace\n"
        f"import workbench.agent.mcp\nWorkspace(Path({str(shelf['store'])!r}))\n"
        "heavy = ('pandas', 'duckdb', 'scipy', 'numba', 'langgraph', 'langchain_core', 'ruptures')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
