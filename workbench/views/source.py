"""Lines of code with what each cost and who wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import SignalError
from workbench.views.columns import number_column


@dataclass(frozen=True, slots=True)
class Source:
    """Some lines of one file."""

    title: str
    """What they are of; where there are none, why."""
    text: str = ""
    path: str = ""
    first_line: int = 1
    costs: Mapping[int, float] = field(default_factory=dict)
    """What each line cost with all that it called, in `unit`, by its number."""
    unit: str = ""
    owners: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Id and title of the change that wrote a line, of those that are told, by its number."""

    @property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.removesuffix("\n").split("\n") if self.text else []

    def table(self, numbers: list[int] | None = None) -> pd.DataFrame:
        """Return one row a line: `line`, `code`, `cost` (NaN where it was not seen), `change`."""
        rows = [
            (number, code, self.costs.get(number, np.nan), self.owners.get(number, ("", ""))[0])
            for number, code in enumerate(self.lines, start=self.first_line)
            if numbers is None or number in numbers
        ]
        frame = pd.DataFrame(rows, columns=["line", "code", "cost", "change"])
        return frame.astype({"line": np.int64, "cost": np.float64})

    def check_lines(self, numbers: list[int]) -> None:
        """Raise SignalError where one of the lines is not there."""
        last = self.first_line + len(self.lines) - 1
        wrong = [number for number in numbers if not self.first_line <= number <= last]
        if wrong:
            there = f"lines from {self.first_line} to {last}" if self.lines else "no line: none is"
            raise SignalError(f"{self.title}: expected {there}, got {wrong[0]}")

    def told(self) -> dict[str, Any]:
        """Return what `js/source/view.js` takes."""
        table = self.table()
        return {
            "title": self.title,
            "path": self.path,
            "first_line": self.first_line,
            "lines": [*table["code"]],
            "costs": number_column(table["cost"], "float32"),
            "unit": self.unit,
            "owners": [*table["change"]],
            "titles": [self.owners.get(number, ("", ""))[1] for number in table["line"]],
        }
