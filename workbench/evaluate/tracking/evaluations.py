"""An evaluation as a run: a child a variant and model, and a trace an answer."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.agent.skills import read_skill_text
from workbench.evaluate.compare import compare_all
from workbench.evaluate.results import ResultsFolder, Row
from workbench.evaluate.summary import summarise
from workbench.evaluate.tracking.connect import EVALUATIONS
from workbench.evaluate.tracking.descriptions import (
    colours_of,
    describe_evaluation,
    describe_variant,
    halves_told,
)
from workbench.evaluate.tracking.metrics import metrics_of, order_of
from workbench.evaluate.tracking.outbox import keep, submit
from workbench.evaluate.tracking.records import (
    DatasetRecord,
    MetricRecord,
    RunRecord,
    SkillText,
    TraceRecord,
    VariantRecord,
)
from workbench.evaluate.tracking.solves import spans_of
from workbench.evaluate.tracking.traces import trace_id
from workbench.measures import FLOORS, NO_SKILLS

ANSWERS = "answers.json"
"""Artifact of a child: one object an answer, as `history` reads it."""
VERDICT = "verdict"
"""Tag of a child, after the name of a half: whether it is right more often than without skills."""
_OVER_TIME = ("correct", "false_accusation", "top1", "harm_rate", "time_to_diagnosis")
_COLOUR = "mlflow.runColor"
_SHOWN = ("*.html", "*.png")


def track_evaluation(folder: Path) -> str:
    """Log an evaluation, and return the id of its run.

    Parameters
    ----------
    folder : Path
        Of results, as `workbench evaluate` writes it; pages and figures in it (`*.html`,
        `*.png`) are kept with it.

    Raises
    ------
    WorkbenchError
        Where MLflow cannot be reached or refuses; the run is kept then, and `sync` sends it.
    """
    return submit(record_of(ResultsFolder(folder)))


def keep_evaluation(folder: Path) -> Path:
    """Put an evaluation into the outbox, to be sent later."""
    return keep(record_of(ResultsFolder(folder)))


def record_of(folder: ResultsFolder) -> RunRecord:
    """Return what is told of an evaluation.

    Parameters
    ----------
    folder : ResultsFolder
        Its results.
    """
    folder.check_whole()
    about, rows, results = folder.about(), [*folder.cells()], folder.load()
    began = int(datetime.fromisoformat(about["began"]).timestamp() * 1000)
    ended = max(row["at_ms"] for row in rows)
    key = f"evaluation-{about['id']}"
    by_solver: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_solver[row["variant"], row["model"]].append(row)
    solvers = folder.solvers()
    names = [*dict.fromkeys(variant for variant, model in solvers if variant not in FLOORS)]
    told = _Told(
        folder, about, key, began, ended, _dataset(about, rows),
        colours_of([variant for variant, model in solvers]),
    )  # fmt: skip
    floor = results[results["variant"] == NO_SKILLS]
    verdicts = _verdicts(results)
    children = [
        _child(told, of, by_solver[of], results[_is_of(results, of)], floor, verdicts.get(of, {}))
        for of in sorted(solvers, key=lambda of: of[0] in FLOORS)
    ]
    baseline = folder.baseline()
    tables = {
        "summary.csv": summarise(results), "comparisons.csv": compare_all(results, baseline)
    }  # fmt: skip
    artifacts = {name: table.to_csv(index=False).encode() for name, table in tables.items()}
    shown = (path for kind in _SHOWN for path in sorted(folder.folder.glob(kind)))
    artifacts |= {path.name: path.read_bytes() for path in shown}
    n_cases = results["case"].nunique()
    return RunRecord(
        key=key, experiment=EVALUATIONS, started_ms=began, ended_ms=ended,
        name=f"{n_cases} cases: {', '.join(names)}",
        description=describe_evaluation(results, baseline),
        params={
            "evaluation": told.moment, "n_cases": str(n_cases), "halves": halves_told(results),
            "variants": ", ".join(names),
            "models": ", ".join(sorted({model for variant, model in by_solver})),
            "epochs": str(about["epochs"]), "bank": told.dataset.content_hash,
            "split": about["split"],
        },
        tags={"kind": "evaluation"}, artifacts=artifacts,
        children=tuple(children), beside=tuple(_histories(told, children)), dataset=told.dataset,
    )  # fmt: skip


class _Told:
    """What all runs of an evaluation share."""

    def __init__(
        self, folder: ResultsFolder, about: Mapping[str, Any], key: str, began: int, ended: int,
        dataset: DatasetRecord, colours: Mapping[str, str],
    ) -> None:  # fmt: skip
        self.folder, self.about, self.key = folder, about, key
        self.began, self.ended, self.dataset, self.colours = began, ended, dataset, colours

    @property
    def moment(self) -> str:
        """When it began, to the minute."""
        return f"{datetime.fromtimestamp(self.began / 1000, UTC):%Y-%m-%d %H:%M}"


def _is_of(results: pd.DataFrame, of: tuple[str, str]) -> pd.Series[bool]:
    return (results["variant"] == of[0]) & (results["model"] == of[1])


def _verdicts(results: pd.DataFrame) -> dict[tuple[str, str], dict[str, str]]:
    """Return, of each half, whether each solver is right more often than without skills."""
    told: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    asked = results[["variant", "model", "case", "service", "split", "correct"]]
    for row in compare_all(asked, NO_SKILLS).to_dict("records"):
        told[row["variant"], row["model"]][row["half"]] = row["verdict"]
    return told


def _dataset(about: Mapping[str, Any], rows: Sequence[Row]) -> DatasetRecord:
    """Return the cases of an evaluation, under a name that tells which they are."""
    hashed = blake2b(json.dumps(about["cases"], sort_keys=True).encode(), digest_size=8)
    digest = hashed.hexdigest()
    known = {row["case"]: row for row in rows}
    told = tuple(
        {
            "inputs": {"case": case, "service": row["service"]},
            "expectations": dict(row["expected"]) | {"category": row["strata"]["category"]},
            "tags": {"half": row["split"], **row["strata"]},
        }
        for case, row in sorted(known.items())
    )
    return DatasetRecord(name=f"cases-{digest}", content_hash=digest, rows=told)


def _child(
    told: _Told, of: tuple[str, str], rows: Sequence[Row], results: pd.DataFrame,
    floor: pd.DataFrame, verdicts: Mapping[str, str],
) -> RunRecord:  # fmt: skip
    variant, model = of
    key = f"{told.key}-{blake2b('/'.join(of).encode(), digest_size=6).hexdigest()}"
    traces = [_trace(key, row) for row in rows]
    without = floor.set_index("case")["correct"]
    answers = [_answer(row, trace.key, without) for row, trace in zip(rows, traces, strict=True)]
    solver = told.about["solvers"][f"{variant}/{model}"]
    revision = told.about["revisions"].get(variant, "")
    is_floor = variant in FLOORS
    return RunRecord(
        key=key, experiment=EVALUATIONS, name=f"{variant} ({model})", started_ms=told.began,
        ended_ms=told.ended, description=describe_variant(results),
        params={
            "evaluation": told.moment, "variant": variant, "model": model, "skills_hash": solver,
            "revision": revision or "–", "halves": halves_told(results),
            "bank": told.dataset.content_hash,
        },
        tags={
            "kind": "variant", "is_floor": str(is_floor).lower(), _COLOUR: told.colours[variant],
            "place": str(told.folder.solvers().index(of)),
            **{f"{half}_{VERDICT}": verdict for half, verdict in verdicts.items()},
        },
        metrics=(*metrics_of(results, floor), order_of(results, told.began)),
        artifacts={ANSWERS: json.dumps(answers).encode()}, traces=tuple(traces),
        variant=None if is_floor else VariantRecord(
            name=variant, model=model, content_hash=solver, revision=revision,
            skills=tuple(_skills(told.folder.skills(variant))),
        ),
        dataset=told.dataset,
    )  # fmt: skip


def _skills(folder: Path | None) -> Iterator[SkillText]:
    """Yield the text of each skill, with a hash of it alone."""
    for path in sorted(folder.glob("*/SKILL.md")) if folder else ():
        text = path.read_text(encoding="utf-8")
        read_skill_text(path.parent)  # a text that is none is refused where it is read
        digest = blake2b(text.encode(), digest_size=8).hexdigest()
        yield SkillText(name=path.parent.name, text=text, content_hash=digest)


def _trace(run_key: str, row: Row) -> TraceRecord:
    said = {k: v for k, v in row["answer"].items() if k not in ("steps", "spent", "fix")}
    steps = row["answer"]["steps"]
    seconds = row["answer"]["spent"].get("seconds", 0.0)
    last = max((step["started_s"] + step["seconds"] for step in steps), default=0.0)
    expected = row["expected"]
    return TraceRecord(
        key=f"{run_key}/{row['case']}/{row['epoch']}", name=row["case"],
        started_ms=row["at_ms"] - int(seconds * 1000), seconds=max(seconds, last),
        inputs={"case": row["case"], "service": row["service"]}, outputs=said,
        is_ok=not row["answer"]["failure"], spans=spans_of(steps),
        tags={
            "case": row["case"], "variant": row["variant"], "model": row["model"],
            "half": row["split"], **row["strata"],
        },
        feedback=dict(row["scores"]),
        expectations={
            "culprits": ", ".join(expected["culprits"]) or "nobody",
            "category": row["strata"]["category"],
        },
    )  # fmt: skip


def _answer(row: Row, key: str, without: pd.Series[float]) -> dict[str, Any]:
    scores, answer = row["scores"], row["answer"]
    return {
        "case": row["case"], "service": row["service"], "epoch": row["epoch"],
        "half": row["split"],
        "culprit": row["strata"]["culprit"], "skill": answer["skill"],
        "seconds": answer["spent"].get("seconds"), "is_right": scores["correct"],
        "is_right_without": without.get(row["case"]),
        "accused_wrongly": scores["false_accusation"], "confidence": answer["confidence"],
        "trace": trace_id(key),
    }  # fmt: skip


def _histories(told: _Told, children: Sequence[RunRecord]) -> Iterator[RunRecord]:
    """Yield a run a variant that all evaluations write to: how it did over time."""
    for child in children:
        of, cases = child.name, told.dataset.content_hash
        key = f"history-{blake2b(f'{of} {cases}'.encode(), digest_size=8).hexdigest()}"
        metrics = tuple(
            MetricRecord(
                name=one.name, value=one.value, step=told.began // 60_000, at_ms=told.began
            )
            for one in child.metrics
            if one.name.partition("/")[2] in _OVER_TIME and not one.name.startswith("over")
        )
        yield RunRecord(
            key=key, experiment=EVALUATIONS, name=f"{of} over time", started_ms=told.began,
            ended_ms=told.ended, metrics=metrics,
            tags={"kind": "history", _COLOUR: child.tags[_COLOUR]},
            params={"bank": cases, "n_cases": str(len(told.dataset.rows))},
            description="One point an evaluation on the same cases; its step is minutes of Unix "
            "time.",
        )  # fmt: skip
