"""Views of an experiment as MLflow saves them: how its tables and charts are arranged.

MLflow keeps a view as a tag of the experiment, JSON with a name, and lists it under Views; its key
in an address opens it. The state within is what MLflow's own page writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

_SAVED_MS = 1_800_000_000_000
"""When views were saved, as they tell it: always the same, so that they are the same."""


class View(Protocol):
    """What is arranged, under a name."""

    @property
    def name(self) -> str:
        """As it is listed."""
        ...

    def tag(self, place: int) -> tuple[str, str]:
        """Return the experiment's tag that keeps it; `place` is where it is listed, from 0."""
        ...

    def path(self, experiment_id: str) -> str:
        """Return its address, from the `#` on."""
        ...


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of a metric: a bar a run, or a line a run where it says over what."""

    metric: str
    over: str = ""
    """`time`, `step`, or nothing for bars."""


@dataclass(frozen=True, slots=True)
class RunsView:
    """The table of runs, or charts of them where there are sections."""

    key: str
    name: str
    columns: Mapping[str, int]
    """Such as `params.model`, `metrics.test/correct`, `tags.state` -> width in pixels."""
    where: str = ""
    """Filter of runs, as MLflow reads it."""
    largest_first: str = "attributes.start_time"
    """Column that sorts; by any but the start, no run hides in its parent."""
    sections: Mapping[str, tuple[Chart, ...]] = field(default_factory=dict)
    folded: tuple[str, ...] = ()
    """Sections of all other metrics, by the first part of their names; they are shut."""

    def tag(self, place: int) -> tuple[str, str]:
        """Return the experiment's tag that keeps it."""
        widths = {_column(name): width_px for name, width_px in self.columns.items()}
        state: dict[str, Any] = {
            "searchFilter": self.where, "orderByKey": _column(self.largest_first),
            "orderByAsc": False, "selectedColumns": [*widths], "columnOrder": [*widths],
            "columnWidths": widths,
        }  # fmt: skip
        if self.sections:
            state |= {
                "compareRunSections": [
                    *(_section(name, is_open=True) for name in self.sections),
                    *(_section(name, is_open=False) for name in self.folded),
                ],
                "compareRunCharts": [
                    _chart(section, chart)
                    for section, charts in self.sections.items() for chart in charts
                ],
                "isAccordionReordered": True,  # or they are sorted by name
            }  # fmt: skip
        return f"mlflow.sharedViewState.{self.key}", _envelope(self.name, state, place)

    def path(self, experiment_id: str) -> str:
        """Return its address, from the `#` on."""
        charts = "&compareRunsMode=CHART" if self.sections else ""
        return f"#/experiments/{experiment_id}/runs?viewStateShareKey={self.key}{charts}"


@dataclass(frozen=True, slots=True)
class TracesView:
    """The table of traces, of all times, with a column an assessment."""

    key: str
    name: str
    columns: tuple[str, ...]
    """Such as `trace_name`, `duration`, `assessment:correct`."""
    hidden: tuple[str, ...] = ()
    """Assessments that are no column."""

    def tag(self, place: int) -> tuple[str, str]:
        """Return the experiment's tag that keeps it."""
        shown = [name.partition(":")[2] for name in self.columns if ":" in name]
        state = {
            "single": {"startTimeLabel": "ALL", "cols": ",".join(self.columns)}, "multi": {},
            "assessmentColumns": dict.fromkeys(shown, True) | dict.fromkeys(self.hidden, False),
        }  # fmt: skip
        return f"mlflow.tracesV4ViewState.{self.key}", _envelope(self.name, state, place)

    def path(self, experiment_id: str) -> str:
        """Return its address, from the `#` on."""
        start = f"#/experiments/{experiment_id}/traces?startTimeLabel=ALL"
        return f"{start}&traceViewShareKey={self.key}"


def _envelope(name: str, state: Mapping[str, Any], place: int) -> str:
    told = {"name": name, "createdAt": _SAVED_MS - place, "state": json.dumps(state)}
    return json.dumps(told)


def _column(name: str) -> str:
    """Return a column as MLflow writes it: of what is a run's own, plain; of the others, quoted."""
    kind, _, of = name.partition(".")
    return name if kind == "attributes" else f"{kind}.`{of}`"


def _section(name: str, *, is_open: bool) -> dict[str, Any]:
    return {
        "uuid": name, "name": name, "display": is_open, "isReordered": True, "deleted": False,
        "isGenerated": not is_open,
    }  # fmt: skip


def _chart(section: str, chart: Chart) -> dict[str, Any]:
    told: dict[str, Any] = {
        "uuid": f"{section}/{chart.metric}", "type": "LINE" if chart.over else "BAR",
        "metricKey": chart.metric, "metricSectionId": section, "deleted": False,
        "isGenerated": False,
    }  # fmt: skip
    if chart.over:
        told |= {
            "selectedMetricKeys": [chart.metric], "xAxisKey": chart.over, "lineSmoothness": 0,
            "useGlobalXaxisKey": False, "displayPoints": chart.over == "time",
        }  # fmt: skip
    return told
