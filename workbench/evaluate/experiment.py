"""A matrix of variants, models, cases and epochs, solved in parallel, kept as it goes.

A cell is kept as soon as it is answered, and not solved again: what was killed goes on where it
was. One that failed is, as a model may have been out of reach.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Lock
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.agent import investigate, load_skills, make_model
from workbench.agent.skills import skills_folder
from workbench.errors import CaseError, WorkbenchError
from workbench.evaluate.answers import Answer, Expected
from workbench.evaluate.bank import SPLIT, BankCase, CaseBank, OpenedCase
from workbench.evaluate.bank.case import hash_of
from workbench.evaluate.code import code_hash
from workbench.evaluate.results import ResultsFolder
from workbench.evaluate.scorers import score
from workbench.evaluate.variants import NoSkills, SkilledSolver, Solver, TrivialRule, Variant

FLOOR_MODEL = "none"
"""Model of a floor."""
_POLL_S = 0.2
_PLACES = 9
"""Of a confidence that are kept: the last digits of a sum depend on where arrays lie in memory."""
NOTHING_DETECTED = Answer(confidence=1.0)
"""Where nothing was detected nobody is asked: the answer is nobody."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be solved by whom."""

    folder: Path | None
    """Of the datasets; None for generated cases alone."""
    cases: tuple[str, ...]
    variants: tuple[tuple[str, Path], ...]
    """Name and folder of skills of each."""
    models: tuple[str, ...] = ("playbook",)
    n_epochs: int = 1
    revisions: Mapping[str, str] = field(default_factory=dict)
    """Variant -> commit that its skills are of, where that is known."""
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Model -> dollars for a million tokens read, and written, where that is known."""


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


class Unopened(NamedTuple):
    """A case that cannot be opened, which is no answer's fault."""

    case: str
    why: str


_CASE_ENDS = "case ends"
"""What is sent after the last row of a case."""
_Told = dict[str, Any] | Unopened | str | Future[None]


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
        Where the folder has results of other cases, variants, models, prices or code, or another
        evaluation writes to it; and, when all others are solved, where cases cannot be opened.
    """
    known = {case.id: case for case in bank.cases}
    cases = [known[name] for name in plan.cases]
    total = sum(len([*_cells(case, plan)]) for case in cases)
    results = ResultsFolder(out)
    about = {"bank": bank.content_hash, "revisions": dict(plan.revisions)}
    results.begin(_told(plan, cases, [*_solvers(plan)]), about)
    with results.written() as write:
        results.keep_skills(plan.variants)
        done = {_cell_of(row).key for row in results.cells() if not row["answer"]["failure"]}
        wanted = {case.id: [c for c in _cells(case, plan) if c.key not in done] for case in cases}
        n_done = len(done)
        progress(n_done, total)
        failed = []
        todo = {name: cells for name, cells in wanted.items() if cells}
        with contextlib.closing(_solved(plan, todo, n_jobs)) as rows:  # also where none is written
            for solved in rows:
                if isinstance(solved, Unopened):
                    failed.append(solved)
                    continue
                write(solved)
                n_done += 1
                progress(n_done, total)
    if failed:
        first = failed[0]
        raise CaseError(
            f"{len(failed)} of {len(cases)} cases cannot be opened, such as {first.case}: "
            f"{first.why}; what was solved is kept in {out}"
        )
    return results.load()


def _told(
    plan: Plan, cases: Sequence[BankCase], solvers: Sequence[tuple[str, Solver]]
) -> dict[str, Any]:
    """Return what makes two runs the same experiment."""
    return {
        "split": SPLIT,
        "cases": {case.id: case.content_hash for case in cases},
        "solvers": {f"{solver.name}/{model}": solver.content_hash for model, solver in solvers},
        "epochs": plan.n_epochs,
        "prices": {model: [*price] for model, price in plan.prices.items()},
        "code": code_hash(),
    }


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
            yield model, SkilledSolver(name, folder, model, plan.prices.get(model))


def _solved(
    plan: Plan, todo: Mapping[str, list[Cell]], n_jobs: int
) -> Generator[dict[str, Any] | Unopened]:
    """Yield the row of each cell as it comes."""
    if n_jobs == 1 or len(todo) < 2:
        worker = _Worker(plan)
        for cells in todo.values():
            yield from worker.solve(cells)
        return
    context = multiprocessing.get_context("spawn")  # threads of libraries do not outlive a fork
    reader, writer = context.Pipe(duplex=False)
    inbox, ended = queue.SimpleQueue[_Told](), threading.Event()
    threading.Thread(target=_forward, args=(reader, inbox, ended), daemon=True).start()
    given = plan, writer, context.Lock()
    try:
        with ProcessPoolExecutor(min(n_jobs, len(todo)), context, _start, given) as pool:
            futures = [pool.submit(_solve, cells) for cells in todo.values()]
            for future in futures:
                future.add_done_callback(inbox.put)
            try:
                yield from _received(inbox, futures)
            finally:  # what is under way ends, which takes that somebody receives it
                pool.shutdown(wait=False, cancel_futures=True)
    finally:
        ended.set()


def _received(
    inbox: queue.SimpleQueue[_Told], futures: Sequence[Future[None]]
) -> Iterator[dict[str, Any] | Unopened]:
    """Yield all that processes send, also when one of them fails: that is raised at the end."""
    n_waiting, n_open, fault = len(futures), 0, None
    while n_waiting or (n_open > 0 and not isinstance(fault, BrokenProcessPool)):
        told = inbox.get()
        if isinstance(told, Future):  # it and the end of its case come in any order
            n_waiting -= 1
            if told.cancelled():
                continue
            n_open += 1
            fault = fault or told.exception()
            if fault:
                for future in futures:
                    future.cancel()
        elif isinstance(told, str):
            n_open -= 1
        else:
            yield told
    while not inbox.empty():  # of processes that were killed
        if isinstance(told := inbox.get(), dict | Unopened):
            yield told
    if fault:
        raise fault


def _forward(reader: Connection, inbox: queue.SimpleQueue[_Told], ended: threading.Event) -> None:
    """Hand on what processes send, until they are gone; no lock of theirs is waited for."""
    while not ended.is_set():
        if reader.poll(_POLL_S):
            inbox.put(reader.recv())


class _Worker:
    """Opens cases, and has each answered by all."""

    def __init__(self, plan: Plan) -> None:
        self._bank = CaseBank(plan.folder)
        self._known = {case.id: case for case in self._bank.cases}
        self._solvers = {(solver.name, model): solver for model, solver in _solvers(plan)}
        self._skills = {skill.name: skill for skill in load_skills(skills_folder(), "defense")}
        self._reader = make_model("playbook", self._skills)

    def solve(self, cells: Sequence[Cell]) -> Iterator[dict[str, Any] | Unopened]:
        """Yield the row of each cell of one case."""
        case = self._known[cells[0].case]
        try:
            opened = self._bank.open(case)
            if opened.regression is not None:
                opened.evidence.ranking(opened.regression.id)
        except WorkbenchError as error:
            yield Unopened(case.id, str(error))
            return
        self._prepare(opened, cells)
        expected = Expected(
            opened.culprits, opened.functions, case.strata["category"], case.strata["kind"]
        )
        for cell in _in_turn(cells):
            solver = self._solvers[cell.variant, cell.model]
            answer = NOTHING_DETECTED if opened.regression is None else solver.answer(opened)
            answer = replace(answer, confidence=round(answer.confidence, _PLACES))
            yield {
                **asdict(cell), "service": case.service, "split": case.split,
                "strata": dict(case.strata), "at_ms": int(time.time() * 1000),
                "expected": {
                    "culprits": sorted(expected.culprits),
                    "functions": sorted(expected.functions),
                },
                "answer": asdict(answer),
                "scores": score(expected, answer),
            }  # fmt: skip

    def _prepare(self, opened: OpenedCase, cells: Sequence[Cell]) -> None:
        """Have what investigations read computed at nobody's cost: who comes first would pay."""
        if opened.regression is None or all(cell.model == FLOOR_MODEL for cell in cells):
            return
        with contextlib.suppress(WorkbenchError):  # whose skills fail will say so when asked
            investigate(opened.evidence, opened.regression.id, self._reader, self._skills)


def _in_turn(cells: Sequence[Cell]) -> list[Cell]:
    """Return the cells of a case in an order of chance, the same each time."""
    rng = np.random.default_rng(int(hash_of([cells[0].case]), 16))
    return [cells[place] for place in rng.permutation(len(cells))]


_worker: _Worker | None = None
_send: Callable[[Any], None] | None = None


def _start(plan: Plan, writer: Connection, lock: Lock) -> None:
    """Make the worker of a process, which ends where the one that asked is gone.

    Parameters
    ----------
    plan : Plan
        What is to be solved.
    writer : Connection
        That rows are sent through.
    lock : Lock
        Held while one is.
    """
    asker = multiprocessing.parent_process()
    assert asker is not None, "the process was not started by a pool"
    threading.Thread(target=_end_with, args=(asker,), daemon=True).start()
    global _worker, _send  # one a process, as a pool wants it

    def send(row: Any) -> None:
        with lock:
            writer.send(row)

    _worker, _send = _Worker(plan), send


def _end_with(asker: BaseProcess) -> None:
    """End this process when another has: what is killed cannot say so."""
    asker.join()
    os._exit(1)


def _solve(cells: Sequence[Cell]) -> None:
    """Answer the cells of one case, and send a row each."""
    assert _worker is not None, "the process was not started by the pool"
    assert _send is not None, "the process was not started by the pool"
    try:
        for row in _worker.solve(cells):
            _send(row)
    finally:
        _send(_CASE_ENDS)


def fetch_variants(variants: Sequence[Variant], scratch: Path) -> tuple[tuple[str, Path], ...]:
    """Return name and folder of each variant; WorkbenchError where two have one name."""
    names = [variant.name for variant in variants]
    floors = sorted({TrivialRule.name, NoSkills.name})
    for place, name in enumerate(names):
        if name in {*floors, *names[:place]}:
            told = f"expected names that differ, also from {', '.join(floors)}"
            raise WorkbenchError(f"variant {name!r}: {told}")
    return tuple((variant.name, variant.fetched(scratch)) for variant in variants)
