import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from made_results import make_results

from workbench.evaluate.results import ResultsFolder
from workbench.evaluate.scorers import SCORERS
from workbench.evaluate.tracking import EVALUATIONS, SOLVES, dashboard_url
from workbench.evaluate.tracking.dashboard import NOTE, PAGES, WRITTEN, address_of, arrange
from workbench.evaluate.tracking.descriptions import colours_of
from workbench.evaluate.tracking.evaluations import record_of
from workbench.evaluate.tracking.views import RunsView, TracesView

MOST_OF_A_TAG = 20_000  # letters, as MLflow checks
VIEWS = [(name, view) for name, page in PAGES.items() for view in page.views]
IDS = [view.name for _, view in VIEWS]


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    began = datetime(2026, 9, 1, 10, 30, tzinfo=UTC)
    rates = {"zeal": 0.9, "few": 0.1}
    folder = make_results(
        tmp_path_factory.mktemp("made") / "r", rates=rates, n_cases=60, began=began
    )
    return record_of(ResultsFolder(folder))


class Store:
    """The experiment's part of MLflow's client: what is set is there, and counted."""

    def __init__(self, name):
        self.name, self.tags, self.n_set = name, {}, 0

    def get_experiment(self, experiment_id):
        return self

    def set_experiment_tag(self, experiment_id, key, value):
        self.tags[key] = value
        self.n_set += 1


def state_of(view):
    key, value = view.tag(0)
    told = json.loads(value)
    assert {name: type(one) for name, one in told.items()} == {
        "name": str, "createdAt": int, "state": str
    }  # fmt: skip
    return key, told["name"], json.loads(told["state"])


@pytest.mark.parametrize(("experiment", "view"), VIEWS, ids=IDS)
def test_a_view_is_a_tag_that_its_address_opens(experiment, view):
    key, name, _ = state_of(view)
    assert name == view.name
    asked = parse_qs(urlsplit(view.path("7").removeprefix("#")).query)
    prefix, param = {
        RunsView: ("mlflow.sharedViewState.", "viewStateShareKey"),
        TracesView: ("mlflow.tracesV4ViewState.", "traceViewShareKey"),
    }[type(view)]
    assert key == prefix + asked[param][0]
    assert len(view.tag(0)[1]) < MOST_OF_A_TAG / 4


def test_columns_and_charts_are_of_what_runs_have(record):
    runs = (*record.children, *record.beside)
    of_kind = {
        f"tags.kind = '{kind}'": {
            name for run in runs if run.tags["kind"] == kind
            for name in (*(f"metrics.`{one.name}`" for one in run.metrics),
                         *(f"params.`{name}`" for name in run.params),
                         *(f"tags.`{name}`" for name in run.tags))
        }
        for kind in ("variant", "history")
    }  # fmt: skip
    for view in PAGES[EVALUATIONS].views:
        if isinstance(view, RunsView):
            _, _, state = state_of(view)
            known = of_kind[view.where]
            assert {*state["selectedColumns"]} <= known
            assert state["orderByKey"] in known
            charts = state.get("compareRunCharts", [])
            assert {f"metrics.`{chart['metricKey']}`" for chart in charts} <= known
            sections = {section["uuid"] for section in state.get("compareRunSections", [])}
            assert {chart["metricSectionId"] for chart in charts} <= sections
            assert len({chart["uuid"] for chart in charts}) == len(charts)


def test_charts_over_time_are_of_runs_that_have_times(record):
    (view,) = (view for view in PAGES[EVALUATIONS].views if view.name == "Over time")
    over_time = [chart.metric for charts in view.sections.values() for chart in charts]
    for run in record.beside:
        assert {*over_time} <= {one.name for one in run.metrics}
        assert {one.at_ms for one in run.metrics} == {record.started_ms}


def test_an_answer_has_the_assessments_that_are_columns_or_hidden(record):
    (view,) = (view for view in PAGES[EVALUATIONS].views if isinstance(view, TracesView))
    _, _, state = state_of(view)
    shown = state["assessmentColumns"]
    assert [name for name, is_shown in shown.items() if is_shown] == [
        "correct", "false_accusation", "top1"
    ]  # fmt: skip
    traces = [trace for child in record.children for trace in child.traces]
    assert {*shown} >= {name for one in traces for name in (*one.feedback, *one.expectations)}
    assert {*shown} == {*SCORERS, "culprits"}


@pytest.mark.parametrize("experiment", [EVALUATIONS, SOLVES])
def test_what_is_arranged_is_not_arranged_again(experiment):
    store = Store(experiment)
    arrange(store, "7")
    n_set = store.n_set
    assert n_set == len(PAGES[experiment].views) + 2
    first = store.tags[NOTE].splitlines()[0]
    for view in PAGES[experiment].views:
        assert f"[{view.name}]({view.path('7')})" in first
    arrange(store, "7")
    assert store.n_set == n_set


def test_what_changed_is_written_and_what_somebody_wrote_is_kept():
    store = Store(EVALUATIONS)
    arrange(store, "7")
    ours = dict(store.tags)
    view = next(name for name in ours if name.startswith("mlflow.sharedViewState."))
    store.tags |= {view: "{}", NOTE: "an older one", WRITTEN: ""}
    arrange(store, "7")
    assert store.tags == ours | {NOTE: "an older one", WRITTEN: ""}  # nobody knows it is ours
    store.tags |= {NOTE: ours[NOTE], WRITTEN: ours[WRITTEN], view: "{}"}
    arrange(store, "7")
    assert store.tags == ours


def test_an_older_description_of_ours_is_replaced(monkeypatch):
    store = Store(SOLVES)
    with monkeypatch.context() as patch:
        older = type(PAGES[SOLVES])("older: {links}", PAGES[SOLVES].views)
        patch.setitem(PAGES, SOLVES, older)
        arrange(store, "7")
    assert store.tags[NOTE].startswith("older: ")
    arrange(store, "7")
    assert store.tags[NOTE].startswith("Regressions that were looked into")


def test_other_experiments_are_left_alone():
    store = Store("somebody's own")
    arrange(store, "7")
    assert store.tags == {}


def test_an_address_has_no_password(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:se%21cret@host:5000/mlflow/")
    shown = address_of("#/x")
    assert shown == "https://host:5000/mlflow/#/x"


def test_where_no_server_shows_pages_there_is_no_address(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///nowhere/mlflow.db")
    assert dashboard_url(EVALUATIONS) == ""


def test_an_evaluation_says_first_who_is_best_and_compares_with_the_one_told_first(record):
    first, _, *table = record.description.splitlines()
    assert first.startswith("**zeal (playbook)** is right most often: in ")
    assert "of the 30 cases of the test half" in first
    rows = {row.split(" | ")[0].strip("| "): row for row in table if row.startswith("| ")}
    assert "beside zeal" in rows["variant"]
    assert rows["zeal (playbook)"].endswith("| – |")
    assert "| worse (-" in rows["few (playbook)"]
    right = [float(row.split(" | ")[1].removesuffix(" %")) for row in table if "(" in row]
    assert right == sorted(right, reverse=True)


def test_a_variant_says_what_came_of_each_half(record):
    (zeal,) = (child for child in record.children if child.params["variant"] == "zeal")
    metrics = {one.name: one.value for one in zeal.metrics}
    test, train = zeal.description.splitlines()
    assert test.startswith(f"- **test**: right in {100 * metrics['test/correct']:.1f} % of 30 ")
    assert train.startswith("- **train**: ")


def test_metrics_to_read_come_first_and_intervals_have_names_of_their_own(record):
    (zeal,) = (child for child in record.children if child.params["variant"] == "zeal")
    names = [one.name for one in zeal.metrics]
    assert names[:8] == [
        "test/correct", "test/false_accusation", "test/top1", "test/macro_f1", "test/aurc",
        "test/harm_rate", "test/time_to_diagnosis", "test/median_seconds",
    ]  # fmt: skip
    ends = {name for name in names if name.endswith(("_low", "_high"))}
    assert {name.partition("/")[0] for name in ends} == {"test interval"}
    assert "test interval/correct_low" in ends
    assert {"test/top1_n", "test/n_correct", "train/n_cases", "train/n_top1"} <= {*names}


def test_the_newest_evaluation_is_first_and_in_it_who_is_most_right(record):
    order = {run.params["variant"]: run.metrics[-1] for run in record.children}
    assert {one.name for one in order.values()} == {"newest first"}
    assert order["zeal"].value > order["few"].value
    minute = record.started_ms // 60_000
    assert all(minute <= one.value < minute + 1 for one in order.values())
    assert record.children[0].params["evaluation"] == "2026-09-01 10:30"


def test_a_variant_and_its_history_have_one_colour(record):
    colours = {run.name: run.tags["mlflow.runColor"] for run in record.children}
    assert len({*colours.values()}) == len(colours) == 4
    for run in record.beside:
        assert run.tags["mlflow.runColor"] == colours[run.name.removesuffix(" over time")]


def test_few_variants_never_share_a_colour_and_mostly_keep_it():
    names = [f"variant-{number}" for number in range(6)]
    assert len({*colours_of(names).values()}) == 8  # two are the floors'
    assert colours_of(names[:1])[names[0]] == colours_of(names)[names[0]]
    assert len({*colours_of([f"v{number}" for number in range(20)]).values()}) == 8
