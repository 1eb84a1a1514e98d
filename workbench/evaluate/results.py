"""What an evaluation found, in a folder that is written as it goes.

<folder>/experiment.json        what is compared, on which bank, since when
<folder>/cells.jsonl            one line a cell that is done
<folder>/skills/<variant>/      the skills of each variant, as they were
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import CaseError, ParseError
from workbench.evaluate.scorers import SCORERS
from workbench.measures import FLOORS

EXPERIMENT, CELLS, SKILLS = "experiment.json", "cells.jsonl", "skills"
SPENT = ("seconds", "cpu_s", "steps", "tool_calls", "tokens", "dollars")
"""What an answer took, as far as known."""
Row = Mapping[str, Any]
"""One cell as it is kept: what was asked, the case, the answer with all that led to it, scores."""


class ResultsFolder:
    """The folder of one evaluation.

    Parameters
    ----------
    folder : Path
        It need not exist before `begin`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, told: Mapping[str, Any], about: Mapping[str, Any] | None = None) -> None:
        """Make the folder, or see that it has results of the same; CaseError for other ones.

        Parameters
        ----------
        told : mapping
            What makes two evaluations the same.
        about : mapping, optional
            What else is kept of a new one.
        """
        path = self.folder / EXPERIMENT
        if self.folder.exists() and not self.folder.is_dir():
            raise CaseError(f"{self.folder}: expected a folder of results, found a file")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.is_file() and any(self.folder.iterdir()):
            raise CaseError(
                f"{self.folder}: has files and no results; expected an empty folder, or results"
            )
        if not path.is_file():
            known = {"id": uuid.uuid4().hex, "began": datetime.now(UTC).isoformat(),
                     **(about or {}), **told}  # fmt: skip
            beside = path.with_suffix(".part")
            beside.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
            beside.replace(path)
            return
        before = self.about()
        for name, value in told.items():
            if before.get(name) != value:
                raise CaseError(
                    f"{self.folder}: has results of other {name}; expected an empty folder, or "
                    "the same"
                )

    def about(self) -> dict[str, Any]:
        """Return what is compared: `id`, `began`, `bank`, `revisions`, `split`, `cases`,
        `solvers`, `epochs`, `prices`, `code`.
        """
        path = self.folder / EXPERIMENT
        if not path.is_file():
            raise CaseError(f"{self.folder}: expected results ({EXPERIMENT}), found none")
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ParseError(f"expected JSON: {error}", path) from error
        return told

    @contextmanager
    def written(self) -> Iterator[Callable[[Row], None]]:
        """Yield what writes a cell, whole or not at all; nobody else writes meanwhile."""
        with (self.folder / CELLS).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # gone with the process
            except BlockingIOError:
                raise CaseError(
                    f"{self.folder}: another evaluation writes to it; expected a folder of its own"
                ) from None
            self._drop_cut_line()

            def write(row: Row) -> None:
                file.write(f"{json.dumps(row)}\n".encode())
                file.flush()
                os.fsync(file.fileno())

            yield write

    def _drop_cut_line(self) -> None:
        """Take away what a kill left of a line, so that the next one begins anew."""
        path = self.folder / CELLS
        data = path.read_bytes()
        os.truncate(path, data.rfind(b"\n") + 1)

    def cells(self) -> Iterator[Row]:
        """Yield each cell that is done as it is kept, the last where it was solved again.

        A line that is not whole yet, or was cut by a kill, is no cell.
        """
        path = self.folder / CELLS
        found: dict[tuple[str, str, str, int], Row] = {}
        if path.is_file():
            with path.open("rb") as file:
                try:
                    rows = (json.loads(line) for line in file if line.endswith(b"\n"))
                    found = {(r["case"], r["variant"], r["model"], r["epoch"]): r for r in rows}
                except (ValueError, KeyError, TypeError) as error:
                    told = f"expected answers as workbench evaluate writes them: {error!r}"
                    raise ParseError(told, path) from error
        yield from found.values()

    def solvers(self) -> list[tuple[str, str]]:
        """Return variant and model of each solver, in the order in which they were asked for."""
        parts = (told.partition("/") for told in self.about()["solvers"])
        return [(variant, model) for variant, _, model in parts]

    def baseline(self) -> str:
        """Return what others are compared with, `VARIANT/MODEL`: the first that was asked for."""
        return next("/".join(of) for of in self.solvers() if of[0] not in FLOORS)

    def check_whole(self) -> None:
        """See that every cell is done; CaseError where some are not."""
        about = self.about()
        epochs = [1 if name in FLOORS else about["epochs"] for name, _ in self.solvers()]
        n_wanted = len(about["cases"]) * sum(epochs)
        n_done = sum(1 for _ in self.cells())
        if n_done < n_wanted:
            raise CaseError(
                f"{self.folder}: {n_done:,} of {n_wanted:,} answers are there; expected all: "
                "workbench evaluate goes on with it"
            )

    def keep_skills(self, variants: Sequence[tuple[str, Path]]) -> None:
        """Keep the text of each variant's skills beside the results."""
        for name, source in variants:
            target = self.folder / SKILLS / name
            if not target.is_dir():
                beside = target.with_name(f".{name}")
                shutil.rmtree(beside, ignore_errors=True)
                shutil.copytree(source, beside, ignore=shutil.ignore_patterns("__pycache__"))
                beside.replace(target)

    def skills(self, variant: str) -> Path | None:
        """Return the folder of a variant's skills; None for a floor."""
        folder = self.folder / SKILLS / variant
        return folder if folder.is_dir() else None

    def load(self) -> pd.DataFrame:
        """Return the cells as a table, as `load_results` does."""
        rows = [
            {
                **{name: row[name] for name in ("case", "variant", "model", "epoch")},
                "service": row["service"], "split": row["split"],
                **{f"case_{name}": value for name, value in row["strata"].items()},
                **{f"said_{k}": value for k, value in row["answer"].items() if k != "spent"},
                "said_steps": [step["title"] for step in row["answer"]["steps"]],
                **row["scores"], **row["answer"]["spent"],
            }
            for row in self.cells()
        ]  # fmt: skip
        if not rows:
            raise CaseError(f"{self.folder}: expected results ({CELLS}), found none")
        frame = pd.DataFrame(rows)
        last = [*SCORERS, *(name for name in SPENT if name in frame or name == "seconds")]
        first = [name for name in frame if name not in last]
        frame = frame.reindex(columns=[*first, *last])  # the same whichever case came first
        return frame.sort_values(["case", "variant", "model", "epoch"], ignore_index=True)


def load_results(folder: Path) -> pd.DataFrame:
    """Return the results of an evaluation, one row a cell, by case, variant, model and epoch.

    `case`, `variant`, `model`, `epoch`; `service`, `split`; the strata of the case, from
    `case_category` to `case_culprit`; the answer, from `said_change_id` to `said_fix` (of steps
    the titles alone); a column a score (NaN where it says nothing of a case); and what was spent,
    `seconds` and on.

    Parameters
    ----------
    folder : Path
        That `workbench evaluate` wrote.

    Raises
    ------
    CaseError
        Where it has none.
    """
    return ResultsFolder(folder).load()
