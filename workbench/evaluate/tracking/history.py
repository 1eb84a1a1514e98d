"""What MLflow has of solves and evaluations, as a track record."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ParseError
from workbench.evaluate.statistics import Comparison, compare_rates, compare_values, correct
from workbench.evaluate.tracking.connect import (
    EVALUATIONS,
    SOLVES,
    load_mlflow,
    mlflow_errors,
    server_address,
    shown_uri,
)
from workbench.evaluate.tracking.evaluations import ANSWERS, VERDICT
from workbench.types import TrackRecord
from workbench.types.record import VERIFIED

HALVES = ("test", "train")
"""Of the bank, what was held out first."""
_AT_ONCE = 500
_PARENT = "mlflow.parentRunId"
_EMPTY = TrackRecord(datetime.min, datetime.min, "")


def read_track_record(since: datetime, until: datetime, *, ui: str = "") -> TrackRecord:
    """Read what was solved and evaluated in a time.

    Parameters
    ----------
    since, until : datetime
        With a time zone.
    ui : str
        Address of MLflow's pages, for links. Default: of the server, where there is one.

    Raises
    ------
    WorkbenchError
        Where MLflow cannot be reached.
    ParseError
        Where an artifact is not as the workbench writes it.
    """
    mlflow = load_mlflow()
    base = ui or server_address()
    with mlflow_errors():
        reader = _Reader(mlflow.MlflowClient(), base.rstrip("/"))
        solves = [*reader.runs(SOLVES, since, until)]
        evaluated = [*reader.runs(EVALUATIONS, since, until)]
        whole = {run.info.run_id for run in evaluated if run.info.status == "FINISHED"}
        variants = [
            run for run in evaluated
            if run.data.tags.get("kind") == "variant" and run.data.tags.get(_PARENT) in whole
        ]  # fmt: skip  # what is still being sent is not told of yet
        variants.sort(key=_place)
        names = {
            run.info.run_id: f"{run.info.run_name} ({_moment(run):%Y-%m-%d %H:%M})"
            for run in evaluated
        }
        answers = reader.answers_of_latest(variants)
    tables: dict[str, list[dict[str, Any]]] = {
        "evaluations": [
            row for run in variants for row in _evaluations(run, reader.url(run), names)
        ],
        "answers": [*_answers(answers)],
        "solves": [_solve(run, reader.url(run)) for run in solves],
        "skills": [*_skills(answers)],
        "funnel": _funnel(solves),
    }
    return TrackRecord(
        since, until, shown_uri(), pages=reader.pages(),
        **{name: _table(name, rows) for name, rows in tables.items()},
    )  # fmt: skip


def _place(run: Any) -> tuple[Any, ...]:
    """Return where a variant stands: by time, floors last, in the order they were asked for."""
    return run.info.start_time, _is_floor(run), int(run.data.tags["place"])


def _is_floor(run: Any) -> bool:
    return bool(run.data.tags.get("is_floor") == "true")


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a table with the columns that the record's has."""
    empty: pd.DataFrame = getattr(_EMPTY, name)
    return pd.DataFrame(rows, columns=empty.columns)


class _Reader:
    """Reads runs, and knows where their pages are."""

    def __init__(self, client: Any, base: str) -> None:
        self._client, self._base = client, base
        self._experiments: dict[str, str] = {}

    def runs(self, experiment: str, since: datetime, until: datetime) -> Iterator[Any]:
        """Yield the runs of an experiment that began in a time, oldest first."""
        found = self._client.get_experiment_by_name(experiment)
        if found is None:
            return
        self._experiments[experiment] = found.experiment_id
        low, high = (int(moment.timestamp() * 1000) for moment in (since, until))
        text = f"attributes.start_time >= {low} and attributes.start_time < {high}"
        token = None
        while True:
            page = self._client.search_runs(
                [found.experiment_id], filter_string=text, max_results=_AT_ONCE,
                order_by=["attributes.start_time ASC"], page_token=token,
            )  # fmt: skip
            yield from page
            token = page.token
            if not token:
                return

    def url(self, run: Any) -> str:
        """Return the page of a run; empty where no server shows any."""
        if not self._base:
            return ""
        return f"{self._base}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"

    def trace_url(self, run: Any, trace: str) -> str:
        """Return the page of a trace of a run."""
        if not self._base:
            return ""
        place = f"{self._base}/#/experiments/{run.info.experiment_id}/traces"
        return f"{place}?selectedEvaluationId={trace}"

    def pages(self) -> dict[str, str]:
        """Return the pages of the experiments."""
        if not self._base:
            return {}
        return {
            name: f"{self._base}/#/experiments/{ident}/runs"
            for name, ident in self._experiments.items()
        }

    def answers_of_latest(self, variants: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the answers of the variant that the latest evaluation asked for first.

        Of evaluations on what was held out, where there is any: they say more.
        """
        asked = [run for run in variants if not _is_floor(run)]
        held_out = [run for run in asked if f"{HALVES[0]}/n_cases" in run.data.metrics]
        asked = held_out or asked
        if not asked:
            return []
        latest = asked[-1].info.start_time
        return self._answers(next(run for run in asked if run.info.start_time == latest))

    def _answers(self, run: Any) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="workbench-history-") as scratch:
            path = Path(self._client.download_artifacts(run.info.run_id, ANSWERS, scratch))
            try:
                rows: list[dict[str, Any]] = json.loads(path.read_bytes())
                told = {"variant": run.data.params["variant"], "run_url": self.url(run),
                        "at": _moment(run)}  # fmt: skip
                return [
                    {
                        "service": row["case"],
                        **row,
                        **told,
                        "url": self.trace_url(run, row["trace"]),
                    }
                    for row in rows  # those of before the service was told are one each
                ]
            except (ValueError, KeyError, TypeError) as error:
                where = f"{ANSWERS} of run {run.info.run_id}"
                raise ParseError(f"{where}: expected a list of answers: {error!r}") from error


def _moment(run: Any) -> datetime:
    return datetime.fromtimestamp(run.info.start_time / 1000, UTC)


def _evaluations(run: Any, url: str, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a row for each half that a variant was evaluated on."""
    metrics, params = run.data.metrics, run.data.params
    for half in HALVES:
        if f"{half}/n_cases" not in metrics:
            continue
        told = {
            name: _whole(metrics.get(f"{half}/{of}", math.nan))
            for name, of in {
                "n_cases": "n_cases", "n_right": "n_correct", "n_first": "n_top1",
                "n_accused_wrongly": "n_false_accusation", "n_with_culprit": "top1_n",
                "n_right_without": "harm_rate_n", "n_harmed": "n_harmed",
                "time_to_diagnosis": "time_to_diagnosis",
            }.items()
        }  # fmt: skip
        yield {
            "at": _moment(run), "evaluation": names.get(run.data.tags.get(_PARENT, ""), ""),
            "variant": params["variant"], "model": params["model"],
            "is_floor": _is_floor(run), "split": half,
            "bank": params["bank"], "url": url,
            "verdict": run.data.tags.get(f"{half}_{VERDICT}", ""), **told,
        }  # fmt: skip


def _whole(value: float) -> float | int:
    """Return a count as one; a mean of epochs as it is."""
    return int(value) if math.isfinite(value) and value == int(value) else value


def _answers(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield {
            **{name: row[name] for name in ("at", "case", "variant", "half", "seconds", "url")},
            "has_culprit": row["culprit"] == "known", "is_right": row["is_right"],
            "is_right_without": _number(row["is_right_without"]),
            "is_accused_wrongly": bool(row["accused_wrongly"]),
        }  # fmt: skip


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _solve(run: Any, url: str) -> dict[str, Any]:
    metrics, tags = run.data.metrics, run.data.tags
    is_verified = tags.get("state") == VERIFIED
    gains = {"restored": "gain_restored", "restored_low": "gain_low", "restored_high": "gain_high"}
    return {
        "at": _moment(run), "url": url,
        **{name: tags.get(name, "") for name in
           ("case", "service", "subject", "state", "category", "skill")},
        "confidence": metrics.get("confidence", math.nan),
        "seconds": metrics.get("time_to_diagnosis", math.nan),
        "is_right": metrics.get("correct", math.nan),
        **{name: metrics.get(name, math.nan) for name in ("cost", "cost_low", "cost_high")},
        **{name: metrics.get(of, math.nan) if is_verified else math.nan
           for name, of in gains.items()},
        "is_approved": tags.get("approved") == "true", "metric": tags.get("metric", ""),
        "began": pd.to_datetime(tags.get("began", ""), utc=True, errors="coerce"),
    }  # fmt: skip


def _skills(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield a row a skill that decided; its cases beside what the floor said of them.

    Of one half, what was held out where there is any. Epochs of a case are averaged; verdicts hold
    for all skills together.
    """
    half = next((half for half in HALVES if any(row["half"] == half for row in rows)), "")
    frame = pd.DataFrame([row for row in rows if row["skill"] and row["half"] == half])
    groups = dict([*frame.groupby("skill")]) if len(frame) else {}
    cases = {skill: _by_case(decided) for skill, decided in groups.items()}
    known = {skill: both for skill, both in cases.items() if both.notna().all(axis=None)}
    verdicts = [one.verdict() for one in correct([_compared(both) for both in known.values()])]
    told = dict(zip(known, verdicts, strict=True))
    for skill, both in cases.items():
        right, without = both["is_right"], both["is_right_without"]
        yield {
            "skill": skill, "half": half, "n_cases": len(both),
            "n_right": _whole(float(right.sum())),
            "n_right_without": _whole(float(without.sum())),
            "n_helped": int((right > without).sum()), "n_harmed": int((right < without).sum()),
            "verdict": told.get(skill, ""), "url": groups[skill]["run_url"].iloc[0],
        }  # fmt: skip


def _by_case(decided: pd.DataFrame) -> pd.DataFrame:
    """Return of each case whether it is right, without skills too, and its service."""
    groups = decided.groupby("case")
    means = groups[["is_right", "is_right_without"]].mean().astype(np.float64)
    return means.assign(service=groups["service"].first())


def _compared(both: pd.DataFrame) -> Comparison:
    """Compare what a skill decided with the same cases without skills."""
    before, after = (both[name].to_numpy() for name in ("is_right_without", "is_right"))
    if {*before, *after} <= {0.0, 1.0}:
        return compare_rates(before == 1, after == 1)
    return compare_values(before, after, both["service"].tolist())


def _funnel(solves: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the stages of all solves together, in the order of the longest funnel."""
    told = [json.loads(run.data.tags["funnel"]) for run in solves if "funnel" in run.data.tags]
    order: list[str] = []
    counts: dict[str, int] = {}
    for stages in sorted(told, key=len, reverse=True):
        for stage, n in stages:
            if stage not in counts:
                order.append(stage)
            counts[stage] = counts.get(stage, 0) + int(n)
    return [{"stage": stage, "n": counts[stage]} for stage in order]
