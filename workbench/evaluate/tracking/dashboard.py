"""What makes MLflow's own pages readable: of each experiment a description, and saved views.

Both are tags of the experiment. They are compared with what is there each time a run is sent, and
written where they differ; a description that somebody wrote anew is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from workbench.evaluate.scorers import SCORERS
from workbench.evaluate.tracking.connect import (
    EVALUATIONS,
    SOLVES,
    load_mlflow,
    mlflow_errors,
    server_address,
    tracking_uri,
)
from workbench.evaluate.tracking.metrics import NEWEST_FIRST
from workbench.evaluate.tracking.views import Chart, RunsView, TracesView, View

NOTE = "mlflow.note.content"
WRITTEN = "workbench.description"
"""Tag: hash of the description that was written, to see whether it is still that."""

_SCORES = ("correct", "false_accusation", "top1")
_HALVES = ("test", "train")
_VARIANTS = {
    "params.evaluation": 142, "metrics.test/correct": 105, "metrics.test/false_accusation": 160,
    "metrics.test/top1": 85, "metrics.test/harm_rate": 120, "metrics.test/time_to_diagnosis": 178,
    "tags.test_verdict": 110,
}  # fmt: skip

_OVER_TIME = {name: width for name, width in _VARIANTS.items() if name.startswith("metrics.")}

_OF_EVALUATIONS = """\
Which skills find the cause of a regression, on cases whose cause is known: {links}

**What is here.** An *evaluation* is a run; each variant of skills under a model is a run within it,
and each answer a trace with its scores and the truth. *… over time* is one run a variant, with a
point an evaluation. Two floors are what is reached without: `no-skills` names the
first of the ranking where it is likely enough, `trivial-rule` who last touched what grew.

**Which numbers matter.** Those of `test/`: the half of the cases that no skill was written on.

| metric | says | good is |
|---|---|---|
| `correct` | part of the cases with a right answer: the culprit, or nobody where none is | high |
| `false_accusation` | part of the cases in which somebody was named who did not do it | low |
| `top1` | part of the cases with a culprit in which it is the first suspect | high |
| `harm_rate` | part of what is right without skills that is wrong with them | low |
| `macro_f1` | F1 of the category of cause, all categories alike | high |
| `aurc` | how often the answers that sound sure are wrong (area under risk and coverage) | low |
| `time_to_diagnosis` | seconds by which half of the cases with a culprit are solved | low |
| `median_seconds` | time of an answer, right or wrong, in seconds | low |

The tag `test_verdict` says whether a variant is right more often than `no-skills`, on that half.
Intervals of 95 % are under `test interval/`, and `over the cases/` is how a rate settles.

**Better, worse, inconclusive.** Variants are compared case by case with the first. *Better* or
*worse*: chance alone would give such a difference of that measure less than once in 20 times,
all variants taken together. *Inconclusive*: the cases cannot tell; `comparisons.csv` of the
evaluation says how many would.
"""
_OF_SOLVES = """\
Regressions that were looked into, one run each: {links}

**What is here.** A run a case, with its report (`report.html`), and the steps of the investigation
as a trace. The tag `state` says how far it came: `no regression`, `nobody named`, `diagnosed`,
`waits for review`, `rejected`, `fix failed`, `fix verified`.

| metric | says |
|---|---|
| `time_to_diagnosis` | seconds until a cause was named |
| `confidence` | how sure the diagnosis is, 0 to 1 |
| `cost` | part of the service's CPU that the regression adds; 95 % from `cost_low` to `cost_high` |
| `gain_restored` | part of the loss that the fix takes away, as measured |
| `correct` | 1 where the truth is known and was found; absent where nobody knows it |
"""


@dataclass(frozen=True, slots=True)
class Page:
    """An experiment as it is shown."""

    description: str
    """Markdown; `{links}` stands in its first line, which is all that is seen of it at first."""
    views: tuple[View, ...]
    """The first is the one that a link opens."""

    def tags(self, experiment_id: str) -> dict[str, str]:
        """Return the tags that make an experiment look so."""
        links = " · ".join(f"**[{view.name}]({view.path(experiment_id)})**" for view in self.views)
        saved = [view.tag(place) for place, view in enumerate(self.views)]
        return {NOTE: self.description.replace("{links}", links), **dict(saved)}


PAGES: Mapping[str, Page] = {
    EVALUATIONS: Page(_OF_EVALUATIONS, (
        RunsView(
            "workbench-variants", "Variants", _VARIANTS, where="tags.kind = 'variant'",
            largest_first=f"metrics.{NEWEST_FIRST}",
        ),
        RunsView(
            "workbench-over-time", "Over time", _OVER_TIME, where="tags.kind = 'history'",
            largest_first="metrics.test/correct", folded=_HALVES, sections={
                "Over time": tuple(Chart(f"test/{name}", over="time") for name in _SCORES[:2]),
                "Latest of each variant": tuple(Chart(f"test/{name}") for name in _SCORES[:2]),
            },
        ),
        RunsView(
            "workbench-latest", "Latest evaluations", _VARIANTS, where="tags.kind = 'variant'",
            largest_first=f"metrics.{NEWEST_FIRST}",
            folded=(*_HALVES, "test interval", "over the cases"),
            sections={
                "Variants": tuple(Chart(f"test/{name}") for name in _SCORES[:2]),
                "As the cases come": (Chart("over the cases/correct", over="step"),),
            },
        ),
        TracesView(
            "workbench-answers", "Answers",
            ("start_time", "run_name", "trace_name", *(f"assessment:{name}" for name in _SCORES),
             "duration", "state", "output"),
            hidden=(*(name for name in SCORERS if name not in _SCORES), "culprits", "category"),
        ),
    )),
    SOLVES: Page(_OF_SOLVES, (
        RunsView(
            "workbench-solves", "Solves",
            {"params.model": 80, "tags.service": 120, "tags.state": 110, "tags.category": 120,
             "metrics.confidence": 90, "metrics.time_to_diagnosis": 150, "metrics.cost": 75,
             "metrics.gain_restored": 110, "metrics.correct": 75},
        ),
        TracesView(
            "workbench-investigations", "Investigations",
            ("start_time", "run_name", "duration", "state", "output"),
        ),
    )),
}  # fmt: skip


def arrange(client: Any, experiment_id: str) -> None:
    """Give an experiment of ours its description and views, where it has other ones or none."""
    found = client.get_experiment(experiment_id)
    if found.name not in PAGES:
        return
    wanted = PAGES[found.name].tags(experiment_id)
    note = found.tags.get(NOTE, "")
    if note and found.tags.get(WRITTEN) != _digest(note):
        del wanted[NOTE]  # somebody wrote it
    else:
        wanted[WRITTEN] = _digest(wanted[NOTE])
    for name, value in wanted.items():
        if found.tags.get(name) != value:
            client.set_experiment_tag(experiment_id, name, value)


def dashboard_url(experiment: str) -> str:
    """Return the address of the first view of an experiment; empty where no server shows any.

    Parameters
    ----------
    experiment : str
        Its name, `EVALUATIONS` or `SOLVES`.

    Raises
    ------
    WorkbenchError
        Where MLflow cannot be reached.
    """
    if not tracking_uri().startswith("http"):
        return ""
    mlflow = load_mlflow()
    with mlflow_errors():
        found = mlflow.MlflowClient().get_experiment_by_name(experiment)
    if found is None:
        return ""
    return address_of(PAGES[experiment].views[0].path(found.experiment_id))


def address_of(path: str) -> str:
    """Return where the server shows a page, without a password."""
    return f"{server_address()}/{path}"


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=4).hexdigest()
