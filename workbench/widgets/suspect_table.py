"""Who could have caused a regression, ranked; each with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import SignalError
from workbench.profile import Function
from workbench.types import Change, Feature, Ranking, Suspect
from workbench.widgets.task import log_error, told_error
from workbench.widgets.view import View, text_table

CARRIED_LINES, CARRIED_LETTERS = 400, 60_000
"""So much of a diff goes to the browser at once; the rest when it is asked for."""
CARRIED_NAMES = 60
"""So many functions and files of one change are listed."""
STILL_ROWS = 10

Given = Ranking | Sequence[Mapping[str, Any]]


class SuspectTable(View):
    """Candidates by probability; a row opens to its evidence and its diff.

    Parameters
    ----------
    suspects : Ranking, or sequence of mapping
        A mapping has `change` (an id) and `probability`, and may have `title`, `author`, `at`,
        `kind`, `window`, `functions`, `files`, `growth`, `features` (`note` and `contribution`
        each), `detail` and `diff`.
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
    styles = ("parts.css", "diff.css", "suspect.css")

    _told = traitlets.Dict().tag(sync=True)
    _diffs = traitlets.Dict().tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)
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
        ranking = ranking_of(suspects, none_probability)
        self._read_diff = read_diff
        self._given_diffs = {} if isinstance(suspects, Ranking) else _diffs_of(suspects)
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
        if content.get("kind") == "diff" and isinstance(content.get("change"), str):
            self._read(content["change"], is_whole=bool(content.get("whole")))

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

    def to_html(self, path: Path | str | None = None, *, title: str = "") -> str:
        """Return the widget as a page, with the diffs that it was given and those that were read.

        Parameters
        ----------
        path, title
            As `View.to_html` has them.
        """
        given = {name: clip_diff(text, is_whole=True) for name, text in self._given_diffs.items()}
        self._diffs = {**self._diffs, **given}  # nobody is there to ask for them later
        return super().to_html(path, title=title)

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
        return {"text/plain": f"SuspectTable({n:,} candidates)", "text/html": table}


def ranking_of(given: Given, none_probability: float | None = None) -> Ranking:
    """Return what is given as a ranking, most probable first; SignalError where it is none."""
    if isinstance(given, Ranking):
        return given
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence):
        raise SignalError(f"expected a Ranking or a list of mappings, got {type(given).__name__}")
    suspects = [_suspect(item, number) for number, item in enumerate(given)]
    seen: set[str] = set()
    for number, suspect in enumerate(suspects):
        if suspect.change.id in seen:
            raise SignalError(f"suspects[{number}].change: {suspect.change.id!r} is there twice")
        seen.add(suspect.change.id)
    left = max(0.0, 1.0 - sum(suspect.probability for suspect in suspects))
    none = left if none_probability is None else _probability(none_probability, "none_probability")
    return Ranking(tuple(sorted(suspects, key=lambda one: -one.probability)), none)


def _suspect(item: Any, number: int) -> Suspect:
    where = f"suspects[{number}]"
    if not isinstance(item, Mapping):
        raise SignalError(f"{where}: expected a mapping, got {type(item).__name__}")
    for name in ("change", "probability"):
        if name not in item:
            raise SignalError(f"{where}: expected `{name}`, got {', '.join(map(str, item))}")
    change = Change(
        str(item["change"]), str(item.get("title", "")), str(item.get("author", "")), "",
        _moment(item.get("at"), where), str(item.get("kind", "commit")),
        tuple(_function(name) for name in item.get("functions", ())),
        tuple(map(str, item.get("files", ()))), int(item.get("n_added", 0)),
        int(item.get("n_removed", 0)), window=item.get("window"),
        detail=str(item.get("detail", "")),
    )  # fmt: skip
    features = tuple(
        Feature(str(one.get("name", "")), float(one.get("value", 0.0)),
                _number(one.get("contribution"), f"{where}.features[{i}].contribution"),
                str(one.get("note", "")))
        for i, one in enumerate(item.get("features", ()))
    )  # fmt: skip
    probability = _probability(item["probability"], f"{where}.probability")
    return Suspect(change, probability, (), float(item.get("growth", 0.0)), features)


def _function(name: Any) -> Function:
    return name if isinstance(name, Function) else Function(str(name))


def _moment(given: Any, where: str) -> datetime:
    if given is None or given == "":
        return datetime.min
    if isinstance(given, datetime):
        return given
    try:
        return datetime.fromisoformat(str(given))
    except ValueError:
        raise SignalError(f"{where}.at: expected a time as in ISO 8601, got {given!r}") from None


def _number(given: Any, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise SignalError(f"{where}: expected a number, got {given!r}")
    return float(given)


def _probability(given: Any, where: str) -> float:
    value = _number(given, where)
    if not 0.0 <= value <= 1.0:
        raise SignalError(f"{where}: expected a probability from 0 to 1, got {given!r}")
    return value


def _diffs_of(given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(item["change"]): str(item["diff"]) for item in given if item.get("diff")}


def clip_diff(text: str, is_whole: bool) -> dict[str, Any]:
    """Return a diff as the browser takes it: its first lines, and how many there are."""
    lines = text.splitlines()
    kept = text if is_whole else "\n".join(lines[:CARRIED_LINES])[:CARRIED_LETTERS]
    return {"text": kept, "n_lines": len(lines), "is_whole": len(kept) >= len(text.rstrip("\n"))}


def told_ranking(ranking: Ranking) -> dict[str, Any]:
    """Return a ranking as `views/js/suspect_view.js` takes it."""
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
    return pd.DataFrame(rows, columns=columns)
