"""Who could have caused a regression, ranked; each with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import SignalError
from workbench.types import Feature, Ranking, Suspect
from workbench.views.page import Shown
from workbench.widgets.suspects_given import Given, listed_rows, ranking_of
from workbench.widgets.task import log_error, told_error
from workbench.widgets.view import LEAST_HEIGHT, View, text_table

CARRIED_LINES, CARRIED_LETTERS = 400, 60_000
"""So much of a diff goes to the browser at once; the rest when it is asked for."""
CARRIED_NAMES = 60
"""So many functions and files of one change are listed."""
STILL_ROWS = 10


class SuspectTable(View):
    """Candidates by probability; a row opens to its evidence and its diff.

    Parameters
    ----------
    suspects : Ranking, sequence of mapping, or pandas.DataFrame
        A mapping, or a row, has `change` (an id) and `probability`, and may have `title`,
        `author`, `at`, `kind`, `window`, `functions`, `files`, `growth`, `features` (`note` and
        `contribution` each), `n_added`, `n_removed`, `detail` and `diff`.
    none_probability : float, optional
        That none of them is the cause, where mappings are given. Default: what they leave of 1.
    read_diff : callable, optional
        Id of a change -> its unified diff; called when a row is opened.
    height : int
        Of the table, in pixels, at most.

    Examples
    --------
    >>> table = SuspectTable([{"change": "a1", "title": "Cache less", "probability": 0.75}])
    >>> table.selected = ["a1"]
    >>> table.selection[["title", "probability"]].values.tolist()
    [['Cache less', 0.75]]
    """

    module = "suspect_table.js"
    styles = ("parts.css", "diff/view.css", "suspect/view.css")

    _told = traitlets.Dict().tag(sync=True)
    _diffs = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(560, min=LEAST_HEIGHT).tag(sync=True)
    selected = traitlets.List(traitlets.Unicode(), help="Ids of changes, as chosen.").tag(sync=True)
    opened = traitlets.List(
        traitlets.Unicode(), help="Ids of changes whose rows are open; '' is none of them."
    ).tag(sync=True)
    selection = traitlets.Instance(pd.DataFrame, help="The selected changes, one a row.")
    ranking = traitlets.Instance(Ranking, help="What is shown; assign another to show that.")

    def __init__(
        self,
        suspects: Given = (),
        *,
        none_probability: float | None = None,
        read_diff: Callable[[str], str] | None = None,
        height: int = 560,
        **kwargs: Any,
    ) -> None:
        given: Any = listed_rows(suspects)
        ranking = ranking_of(given, none_probability)
        self._read_diff = read_diff
        self._given_diffs = {} if isinstance(given, Ranking) else _diffs_of(given)
        super().__init__(
            ranking=ranking, _told=self._tell(ranking), height=height,
            selection=_table(ranking, []), **kwargs,
        )  # fmt: skip
        self.on_msg(self._hear)

    def _tell(self, ranking: Ranking) -> dict[str, Any]:
        return told_ranking(ranking) | {
            "diffs": [*self._given_diffs], "reads": self._read_diff is not None
        }  # fmt: skip

    @traitlets.observe("ranking")
    def _show(self, change: Any) -> None:
        if change["old"] is traitlets.Undefined or change["old"] is None:
            return
        self._given_diffs = {}
        with self.hold_sync():
            self.selected, self.opened, self._diffs = [], [], {}
            self._told = self._tell(self.ranking)
        self.selection = _table(self.ranking, [])

    @traitlets.validate("selected", "opened")
    def _known(self, proposal: Any) -> list[str]:
        ids = {suspect.change.id for suspect in self.ranking.suspects}
        extra = {""} if proposal["trait"].name == "opened" else set()
        unknown = [name for name in proposal["value"] if name not in ids | extra]
        if unknown:
            seen = f"{proposal['trait'].name}: {unknown[0][:80]!r}"
            raise SignalError(f"{seen} is none of the {len(ids)} candidates; expected their ids")
        return list(proposal["value"])

    @traitlets.observe("selected")
    def _select(self, change: Any) -> None:
        self.selection = _table(self.ranking, change["new"])

    @traitlets.observe("opened")
    def _open(self, change: Any) -> None:
        for name in change["new"]:
            if name and name not in self._diffs:
                self._read(name, is_whole=False)

    def _hear(self, widget: object, content: Any, buffers: object) -> None:
        """Read the diff of a candidate; of nothing else, whatever a page asks for."""
        name = content.get("change") if content.get("kind") == "diff" else None
        if any(suspect.change.id == name for suspect in self.ranking.suspects):
            self._read(str(name), is_whole=bool(content.get("whole")))

    def _read(self, name: str, *, is_whole: bool) -> None:
        """Put the diff of a change, or why there is none, where the browser reads it."""
        if name in self._given_diffs:
            told = clip_diff(self._given_diffs[name], is_whole)
        elif self._read_diff is not None:
            told = self._ask(name, is_whole)
        else:
            return
        self._diffs = {**self._diffs, name: told}

    def _ask(self, name: str, is_whole: bool) -> dict[str, Any]:
        assert self._read_diff is not None
        try:
            return clip_diff(self._read_diff(name), is_whole)
        except Exception as error:
            log_error(f"reading the diff of {name}", error)
            return {"error": told_error(error)}

    def shown(self, heading: str = "") -> Shown:
        """Return it as a part of a page, with the diffs that it was given and those read."""
        told = super().shown(heading)
        given = {name: clip_diff(text, is_whole=True) for name, text in self._given_diffs.items()}
        whole = {**self._diffs, **given}  # nobody is there to ask for them later
        return told._replace(state={**told.state, "_diffs": whole})

    def still(self) -> dict[str, str]:
        """Return the first ten as a table."""
        ranking = self.ranking
        rows = [
            [str(number), suspect.change.title or suspect.change.id, suspect.change.id[:12],
             suspect.change.kind, suspect.change.author, f"{suspect.probability:.1%}"]
            for number, suspect in enumerate(ranking.suspects[:STILL_ROWS], 1)
        ]  # fmt: skip
        rows.append(["", "None of these", "", "", "", f"{ranking.none_probability:.1%}"])
        n = len(ranking.suspects)
        shown = f", the first {STILL_ROWS}" if n > STILL_ROWS else ""
        head = ["", "Change", "Id", "Kind", "Author", "Probability"]
        table = text_table(head, rows, f"Candidates: {n:,}{shown}")
        return {"text/plain": f"{n:,} candidates for a cause", "text/html": table}


def _diffs_of(given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(item["change"]): str(item["diff"]) for item in given if item.get("diff")}


def clip_diff(text: str, is_whole: bool) -> dict[str, Any]:
    """Return a diff as the browser takes it: its first lines, and how many there are."""
    lines = text.splitlines()
    kept = text if is_whole else "\n".join(lines[:CARRIED_LINES])[:CARRIED_LETTERS]
    return {"text": kept, "n_lines": len(lines), "is_whole": len(kept) >= len(text.rstrip("\n"))}


def told_ranking(ranking: Ranking) -> dict[str, Any]:
    """Return a ranking as `views/js/suspect/view.js` takes it."""
    return {
        "rows": [_row(suspect) for suspect in ranking.suspects],
        "none": {
            "probability": ranking.none_probability,
            "features": [_feature(feature) for feature in ranking.none_features],
        },
    }


def _row(suspect: Suspect) -> dict[str, Any]:
    change = suspect.change
    carrying = {*suspect.functions}
    others = (f.subject for f in change.functions if f.subject not in carrying)
    return {
        "id": change.id,
        "title": change.title,
        "author": change.author,
        "at": "" if change.at == datetime.min else change.at.isoformat(timespec="minutes"),
        "kind": change.kind,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "probability": suspect.probability,
        "window": change.window,
        "is_roll_back": change.is_roll_back,
        "growing": [*suspect.functions[:CARRIED_NAMES]],
        "functions": [*others][:CARRIED_NAMES],
        "n_functions": len({*carrying, *(f.subject for f in change.functions)}),
        "files": [*change.files[:CARRIED_NAMES]],
        "n_files": len(change.files),
        "n_added": change.n_added,
        "n_removed": change.n_removed,
        "detail": change.detail,
        "features": [_feature(feature) for feature in suspect.features],
    }


def _feature(feature: Feature) -> dict[str, Any]:
    return {"note": feature.note or feature.name, "contribution": feature.contribution}


def _table(ranking: Ranking, ids: Sequence[str]) -> pd.DataFrame:
    """Return one row a change, in the order asked for."""
    known = {suspect.change.id: suspect for suspect in ranking.suspects}
    rows = [
        {
            "change": name,
            "title": known[name].change.title,
            "kind": known[name].change.kind,
            "author": known[name].change.author,
            "at": known[name].change.at if known[name].change.at != datetime.min else None,
            "window": known[name].change.window,
            "probability": known[name].probability,
            "growth": known[name].growth,
            "functions": known[name].functions,
            "files": known[name].change.files,
        }
        for name in ids
    ]
    columns = "change title kind author at window probability growth functions files".split()
    return pd.DataFrame(rows, columns=columns).astype({"probability": float, "growth": float})
