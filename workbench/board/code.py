"""The code of a function: what its lines cost, and which of them candidates wrote."""

from __future__ import annotations

import numpy as np

from workbench.agent import Investigation
from workbench.errors import HistoryError, ToolError
from workbench.history import enclosing_function
from workbench.signals import incidence, stack_costs
from workbench.types import Function, Recording, Regression
from workbench.views import Source

_MOST_LINES = 400


def source_of(investigation: Investigation, subject: str, regression: Regression) -> Source:
    """Return the code of a function; where there is none, a source that says why."""
    if investigation.repository is None:
        return Source(investigation.without_code)
    repository, revision = investigation.repository, investigation.head
    recorded = [f for f in investigation.recording.functions if f.subject == subject]
    found = investigation.code_map(revision).resolve(recorded[0]) if recorded else None
    if found is None:
        return Source(f"{subject} is not in the repository: it is code of others.")
    end = min(found.end, found.start + _MOST_LINES)
    try:
        text = repository.read(found.path, revision)
        blamed = repository.blame(found.path, revision, found.start, end)
        titles = {c.id: c.title for c in investigation.candidates(regression.id)}
    except (HistoryError, ToolError) as error:
        return Source(f"{subject}: {error}")
    lines = investigation.by_line
    knows_work = "cost" in investigation.series.metrics
    return Source(
        title=subject,
        text="\n".join(text.split("\n")[found.start : end]),
        path=f"{found.path} at {revision[:10]}",
        first_line=found.start + 1,
        costs={} if lines is None else _line_costs(lines, recorded[0], regression.change_index),
        unit="seconds" if knows_work else "share",
        owners={b.number: (b.commit[:10], titles[b.commit]) for b in blamed if b.commit in titles},
    )


def first_of_ours(investigation: Investigation, regression: Regression) -> str:
    """Return what regressed, or the first that moved with it whose code is in the repository."""
    subjects = (regression.subject, *regression.merged)
    if investigation.repository is None:
        return regression.subject
    known = {f.subject: f for f in investigation.recording.functions}
    code = investigation.code_map(investigation.head)
    ours = (s for s in subjects if s in known and code.resolve(known[s]) is not None)
    return next(ours, regression.subject)


def _line_costs(lines: Recording, function: Function, change_index: int) -> dict[int, float]:
    """Return what each line of a function cost from a window on, by its number."""
    name = enclosing_function(function.name)
    rows = [
        row
        for row, line in enumerate(lines.functions)
        if line.file == function.file and line.line and enclosing_function(line.name) == name
    ]
    after = np.asarray(stack_costs(lines)[:, change_index:].mean(axis=1)).ravel()
    costs = incidence(lines)[rows] @ after
    return {
        lines.functions[row].line: float(cost)
        for row, cost in zip(rows, costs, strict=True)
        if cost > 0
    }
