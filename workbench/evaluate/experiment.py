"""A matrix of variants, models, cases and epochs, solved in parallel, kept as it goes.

    <folder>/experiment.json   what is compared, on which bank
    <folder>/cells.jsonl       one line a cell that is done

A cell that is done is not solved again: what was killed goes on where it was.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import CaseError, WorkbenchError
from workbench.evaluate.bank import SPLIT, BankCase, CaseBank
from workbench.evaluate.scorers import SCORERS, Answer, Expected, score
from workbench.evaluate.variants import NoSkills, SkilledSolver, Solver, TrivialRule, Variant

EXPERIMENT, CELLS = "experiment.json", "cells.jsonl"
FLOOR_MODEL = "none"
"""Model of a floor."""
NOTHING_DETECTED = Answer(confidence=1.0)
"""Where nothing was detected nobody is asked: the answer is nobody."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be solved by whom."""

    folder: Path
    """Of the datasets."""
    cases: tuple[str, ...]
    variants: tuple[tuple[str, Path], ...]
    """Name and folder of skills of each."""
    models: tuple[str, ...] = ("playbook",)
    n_epochs: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One case, answered once by one solver."""

    case: str
    variant: str
    model: str
    epoch: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What it is known by."""
        return self.case, self.variant, self.model, self.epoch


def run_experiment(
    bank: CaseBank, plan: Plan, out: Path, *, n_jobs: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:  # fmt: skip
    """Solve what is not solved yet, and return all of it.

    Parameters
    ----------
    bank : CaseBank
        That the cases of the plan are of.
    plan : Plan
        Cases, variants, models and epochs; two floors are always beside them.
    out : Path
        Folder to keep results in; one that has some of the same plan is gone on with.
    n_jobs : int
        Processes.
    progress : callable
        Told how many cells of how many are done.

    Returns
    -------
    pandas.DataFrame
        As `load_results` gives it.

    Raises
    ------
    CaseError
        Where the folder has results of other cases, variants or models.
    """
    known = {case.id: case for case in bank.cases}
    cases = [known[name] for name in plan.cases]
    solvers = [*_solvers(plan)]
    _begin(out, _told(plan, cases, solvers))
    _drop_cut_line(out)
    done = {_cell_of(row).key for row in _read(out)}
    wanted = {case.id: [c for c in _cells(case, plan) if c.key not in done] for case in cases}
    todo = {case_id: cells for case_id, cells in wanted.items() if cells}
    total = sum(len([*_cells(case, plan)]) for case in cases)
    progress(len(done), total)
    n_done = len(done)
    with (out / CELLS).open("a", encoding="utf-8") as file:
        for rows in _solved(plan, todo, n_jobs):
            file.writelines(f"{json.dumps(row)}\n" for row in rows)
            file.flush()
            os.fsync(file.fileno())
            n_done += len(rows)
            progress(n_done, total)
    return load_results(out)


def load_results(folder: Path) -> pd.DataFrame:
    """Return one row a cell, in order of case, variant, model and epoch.

    `case`, `variant`, `model`, `epoch`; `service`, `split`; the strata of the case, from
    `case_category` to `case_culprit`; the answer, from `said_change_id` to `said_failure`; a column
    a score (NaN where it says nothing of a case); and what was spent, `seconds` and on.
    """
    rows = [
        {
            **{name: row[name] for name in ("case", "variant", "model", "epoch")},
            "service": row["service"], "split": row["split"],
            **{f"case_{name}": value for name, value in row["strata"].items()},
            **{f"said_{k}": value for k, value in row["answer"].items() if k != "spent"},
            **row["scores"], **row["answer"]["spent"],
        }
        for row in _read(folder)
    ]  # fmt: skip
    if not rows:
        raise CaseError(f"{folder}: expected results ({CELLS}), found none")
    frame = pd.DataFrame(rows)
    for name in (*SCORERS, "seconds"):
        if name not in frame:
            frame[name] = float("nan")
    return frame.sort_values(["case", "variant", "model", "epoch"], ignore_index=True)


def _told(
    plan: Plan, cases: Sequence[BankCase], solvers: Sequence[tuple[str, Solver]]
) -> dict[str, Any]:
    """Return what makes two runs the same experiment."""
    return {
        "split": SPLIT,
        "cases": {case.id: case.content_hash for case in cases},
        "solvers": {f"{solver.name}/{model}": solver.content_hash for model, solver in solvers},
        "epochs": plan.n_epochs,
    }


def _begin(out: Path, told: Mapping[str, Any]) -> None:
    """Make the folder, or see that it has results of the same."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / EXPERIMENT
    if not path.is_file():
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    for name, value in told.items():
        if before.get(name) != value:
            raise CaseError(
                f"{out}: has results of other {name}; expected an empty folder, or the same"
            )


def _read(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what is done; a line that is not whole yet, or was cut by a kill, is not."""
    path = folder / CELLS
    if path.is_file():
        with path.open("rb") as file:
            yield from (json.loads(line) for line in file if line.endswith(b"\n"))


def _drop_cut_line(folder: Path) -> None:
    """Take away what a kill left of a line, so that the next one begins anew."""
    path = folder / CELLS
    if path.is_file():
        data = path.read_bytes()
        os.truncate(path, data.rfind(b"\n") + 1)


def _cells(case: BankCase, plan: Plan) -> Iterator[Cell]:
    for floor in (TrivialRule.name, NoSkills.name):
        yield Cell(case.id, floor, FLOOR_MODEL, 0)
    for name, _ in plan.variants:
        for model in plan.models:
            for epoch in range(plan.n_epochs):
                yield Cell(case.id, name, model, epoch)


def _cell_of(row: Mapping[str, Any]) -> Cell:
    return Cell(row["case"], row["variant"], row["model"], row["epoch"])


def _solvers(plan: Plan) -> Iterator[tuple[str, Solver]]:
    """Yield (model, solver) of each variant, and the floors."""
    yield FLOOR_MODEL, TrivialRule()
    yield FLOOR_MODEL, NoSkills()
    for name, folder in plan.variants:
        for model in plan.models:
            yield model, SkilledSolver(name, folder, model)


def _solved(
    plan: Plan, todo: Mapping[str, list[Cell]], n_jobs: int
) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each case as they come."""
    if n_jobs == 1 or len(todo) < 2:
        worker = _Worker(plan)
        yield from (worker.solve(cells) for cells in todo.values())
        return
    context = multiprocessing.get_context("spawn")  # threads of libraries do not outlive a fork
    with ProcessPoolExecutor(min(n_jobs, len(todo)), context, _start, (plan,)) as pool:
        waiting = [pool.submit(_solve, cells) for cells in todo.values()]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Worker:
    """Opens cases, and has each answered by all."""

    def __init__(self, plan: Plan) -> None:
        self._bank = CaseBank(plan.folder)
        self._known = {case.id: case for case in self._bank.cases}
        self._solvers = {(solver.name, model): solver for model, solver in _solvers(plan)}

    def solve(self, cells: Sequence[Cell]) -> list[dict[str, Any]]:
        """Answer the cells of one case."""
        case = self._known[cells[0].case]
        opened = self._bank.open(case)
        if opened.regression is not None:  # what all read is computed once, at nobody's cost
            self._solvers[cells[-1].variant, cells[-1].model].answer(opened)
        expected = Expected(
            opened.culprits, opened.functions, case.strata["category"], case.strata["kind"]
        )
        rows = []
        for cell in cells:
            solver = self._solvers[cell.variant, cell.model]
            answer = NOTHING_DETECTED if opened.regression is None else solver.answer(opened)
            rows.append({
                **asdict(cell), "service": case.service, "split": case.split,
                "strata": dict(case.strata), "answer": asdict(answer),
                "scores": score(expected, answer),
            })  # fmt: skip
        return rows


_worker: _Worker | None = None


def _start(plan: Plan) -> None:
    """Make the worker of a process, which ends where the one that asked is gone."""
    asker = multiprocessing.parent_process()
    assert asker is not None, "the process was not started by a pool"
    threading.Thread(target=_end_with, args=(asker,), daemon=True).start()
    global _worker  # one a process, as a pool wants it
    _worker = _Worker(plan)


def _end_with(asker: BaseProcess) -> None:
    """End this process when another has: what is killed cannot say so."""
    asker.join()
    os._exit(1)


def _solve(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    assert _worker is not None, "the process was not started by the pool"
    return _worker.solve(cells)


def fetch_variants(variants: Sequence[Variant], scratch: Path) -> tuple[tuple[str, Path], ...]:
    """Return name and folder of each variant; WorkbenchError where two have one name."""
    names = [variant.name for variant in variants]
    floors = sorted({TrivialRule.name, NoSkills.name})
    for place, name in enumerate(names):
        if name in {*floors, *names[:place]}:
            told = f"expected names that differ, also from {', '.join(floors)}"
            raise WorkbenchError(f"variant {name!r}: {told}")
    return tuple((variant.name, variant.fetched(scratch)) for variant in variants)
