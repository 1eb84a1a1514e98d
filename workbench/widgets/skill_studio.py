"""A variant of a skill: edited beside its original, checked, tried on cases, and kept."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import traitlets

from workbench.errors import SkillError
from workbench.widgets.skill_results import SIDES, results_table, told_results
from workbench.widgets.task import Task, TaskView, log_error, told_error
from workbench.widgets.view import text_table

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Of a variant: lowercase letters, digits, and hyphens between them."""
LONGEST_NAME = 64
NOT_CHECKED, FINE, FAULTY = "", "fine", "faulty"

Files = Mapping[str, str]
Validate = Callable[[dict[str, str]], Iterable[str | Mapping[str, Any]]]
TryOn = Callable[[dict[str, str], list[str], Task], pd.DataFrame | Iterable[Mapping[str, Any]]]
Save = Callable[[dict[str, str], str], str]


class SkillStudio(TaskView):
    """Edit a variant of a skill, see what differs, check it, try it on cases, and keep it.

    Parameters
    ----------
    files : mapping of str to str
        Path within the skill's folder -> text. It stays as the original beside what is edited.
    name : str
        Of the skill.
    cases : iterable of str
        Names of cases to try it on.
    validate : callable, optional
        Files -> what is wrong with them: texts, or mappings with `message`, and `path` and `line`
        where these are known. It is asked before the variant is tried or kept, too.
    try_on : callable, optional
        Files, names of cases, a `Task` to tell progress -> one mapping a case, or a DataFrame:
        `case`, and `verdict`, `cause`, `skill`, `confidence` (0 to 1), `seconds`, `steps` with
        `_before` (the original) or `_after` (the variant) behind the name; `truth` and `note`.
        Verdicts that are counted are `right`, `wrong` and `abstained`.
    save : callable, optional
        Files and the name of the variant -> where it was kept.
    variants : iterable of str
        Names that are taken.
    replaces : bool
        Whether a name that is taken may be given again, when that was confirmed.
    notice : str
        Shown where code was edited, before it is run.
    about : str
        Said of trying: with what it is tried.

    Examples
    --------
    >>> keep = lambda files, name: f"skills/{name}"
    >>> studio = SkillStudio({"SKILL.md": "Look twice."}, name="look", save=keep)
    >>> studio.edit("SKILL.md", "Look once.")
    >>> studio.changed
    ['SKILL.md']
    >>> studio.save_as("look-once").wait()
    'skills/look-once'
    """

    module = "skill_studio.js"
    styles = ("parts.css", "task.css", "diff/view.css", "skill/view.css")

    _told = traitlets.Dict().tag(sync=True)
    _check = traitlets.Dict().tag(sync=True)
    _results = traitlets.Dict().tag(sync=True)
    files = traitlets.Dict(help="Path -> text, as edited; assign another to edit it.").tag(
        sync=True
    )
    path = traitlets.Unicode(help="Of the file that is open.").tag(sync=True)
    selected_cases = traitlets.List(
        traitlets.Unicode(), help="Names of the cases to try it on."
    ).tag(sync=True)
    saved = traitlets.Unicode(help="Where the variant was kept; empty where not yet.").tag(
        sync=True
    )
    faults = traitlets.List(
        traitlets.Dict(), help="`path`, `line` (0: none) and `message` of each, when last checked."
    )
    results = traitlets.Instance(pd.DataFrame, help="How cases went, one a row.")

    def __init__(
        self,
        files: Files,
        *,
        name: str = "",
        cases: Iterable[str] = (),
        validate: Validate | None = None,
        try_on: TryOn | None = None,
        save: Save | None = None,
        variants: Iterable[str] = (),
        replaces: bool = True,
        notice: str = "",
        about: str = "",
        **kwargs: Any,
    ) -> None:
        self._original = check_files(files)
        self._validate, self._try_on, self._save = validate, try_on, save
        self._replaces, self._cases = replaces, [*dict.fromkeys(map(str, cases))]
        self._facts = {"name": name, "notice": notice, "about": about}
        self._variants = [*dict.fromkeys(map(str, variants))]
        super().__init__(
            _told=self._tell(), _check=_told_check(NOT_CHECKED), _results=told_results(None),
            files=dict(self._original), path=next(iter(self._original), ""),
            results=results_table([]), **kwargs,
        )  # fmt: skip
        self.on_msg(self._hear)

    def _tell(self) -> dict[str, Any]:
        return {
            **self._facts,
            "original": self._original,
            "cases": self._cases,
            "variants": self._variants,
            "replaces": self._replaces,
            "can_check": self._validate is not None,
            "can_try": self._try_on is not None,
            "can_save": self._save is not None,
        }

    @property
    def original(self) -> dict[str, str]:
        """The files as they were given."""
        return dict(self._original)

    @property
    def cases(self) -> list[str]:
        """Names of the cases there are."""
        return [*self._cases]

    @property
    def variants(self) -> list[str]:
        """Names that are taken."""
        return [*self._variants]

    @property
    def changed(self) -> list[str]:
        """Paths of files that are not as in the original: edited, new, or gone."""
        return _changed(self._original, self.files)

    def edit(self, path: str, text: str) -> None:
        """Put a text in place of a file's, or a new file beside the others."""
        self.files = {**self.files, path: text}

    def revert(self, path: str | None = None) -> None:
        """Take a file back to what the original has; all of them where none is named."""
        if path is None:
            self.files = self.original
            return
        if path not in {*self._original, *self.files}:
            raise SkillError(f"no file {path[:200]!r}; there are {', '.join(self.files)}")
        kept = {name: text for name, text in self.files.items() if name != path}
        given = {path: self._original[path]} if path in self._original else {}
        self.files = {**kept, **given}

    def diff(self) -> str:
        """Return what differs from the original, as `diff -u` writes it; empty for nothing."""
        return "".join(_diff(self._original, self.files, path) for path in self.changed)

    def check(self) -> Task:
        """Ask what is wrong with the variant, in a thread; `wait` returns `faults`."""
        if self._validate is None:
            raise SkillError("it cannot be checked here: no `validate` was given")
        files = dict(self.files)
        return self.begin("Checking", lambda task: self._find_faults(files))

    def try_cases(self, names: Sequence[str] | None = None) -> Task:
        """Try the variant on cases, in a thread; `wait` returns `results`.

        Parameters
        ----------
        names : sequence of str, optional
            Which. Default: `selected_cases`.

        Raises
        ------
        SkillError
            There is no case of such a name, or none was named. What is wrong with the variant is
            raised by `wait`.
        """
        if self._try_on is None:
            raise SkillError("it cannot be tried here: no `try_on` was given")
        chosen = self._known(self.selected_cases if names is None else names)
        if not chosen:
            raise SkillError(f"expected cases to try it on, got none of {len(self._cases)}")
        files = dict(self.files)
        return self.begin("Trying", lambda task: self._try(files, chosen, task), self._show(files))

    def save_as(self, name: str, *, replace: bool = False) -> Task:
        """Keep the variant under a name, in a thread; `wait` returns where.

        Parameters
        ----------
        name : str
            Lowercase letters, digits, and hyphens between them.
        replace : bool
            Whether a variant of that name may be replaced.

        Raises
        ------
        SkillError
            The name is not as it should be, or taken; or the variant equals the original.
        """
        if self._save is None:
            raise SkillError("it cannot be kept here: no `save` was given")
        if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            want = "lowercase letters, digits, and hyphens between them"
            raise SkillError(f"name: expected {want}, at most {LONGEST_NAME}, got {name[:80]!r}")
        if not self.changed:
            raise SkillError("the variant equals the original: there is nothing to keep")
        if name in self._variants and not (replace and self._replaces):
            raise SkillError(f"{name} is there already; expected a name that is not taken")
        files = dict(self.files)
        return self.begin("Saving", lambda task: self._keep(files, name), self._show_kept(name))

    def _find_faults(self, files: dict[str, str]) -> list[dict[str, Any]]:
        assert self._validate is not None
        faults = [fault_of(item) for item in self._validate(files)]
        self.faults = faults
        self._check = _told_check(FAULTY if faults else FINE, faults, is_stale=files != self.files)
        return faults

    def _refuse_faulty(self, files: dict[str, str]) -> None:
        faults = self._find_faults(files) if self._validate is not None else []
        if faults:
            n, first = len(faults), faults[0]["message"]
            raise SkillError(f"the variant has {n} fault{'s' * (n != 1)} to put right: {first}")

    def _try(self, files: dict[str, str], names: list[str], task: Task) -> pd.DataFrame:
        assert self._try_on is not None
        task.tell("checking the variant")
        self._refuse_faulty(files)
        return results_table(self._try_on(files, names, task))

    def _show(self, files: dict[str, str]) -> Callable[[pd.DataFrame], None]:
        def show(results: pd.DataFrame) -> None:
            self.results = results
            self._results = told_results(results, is_stale=files != self.files)

        return show

    def _keep(self, files: dict[str, str], name: str) -> str:
        assert self._save is not None
        self._refuse_faulty(files)
        return str(self._save(files, name))

    def _show_kept(self, name: str) -> Callable[[str], None]:
        def show(where: str) -> None:
            self._variants = [*dict.fromkeys([*self._variants, name])]
            self.saved = where
            self._told = self._tell()

        return show

    def _known(self, names: Iterable[str]) -> list[str]:
        chosen = [*dict.fromkeys(names)]
        unknown = [name for name in chosen if name not in self._cases]
        if unknown:
            raise SkillError(f"no case {str(unknown[0])[:80]!r}; there are {len(self._cases)}")
        return chosen

    @traitlets.validate("files")
    def _checked_files(self, proposal: Any) -> dict[str, str]:
        return check_files(proposal["value"])

    @traitlets.validate("path")
    def _known_path(self, proposal: Any) -> str:
        path = str(proposal["value"])
        if path and path not in {*self._original, *self.files}:
            raise SkillError(f"no file {path[:200]!r}; there are {', '.join(self.files)}")
        return path

    @traitlets.validate("selected_cases")
    def _known_cases(self, proposal: Any) -> list[str]:
        return self._known(proposal["value"])

    @traitlets.observe("files")
    def _edited(self, change: Any) -> None:
        """Say of what was found that it is of an earlier text; no edit runs anything."""
        if self._check.get("state"):
            self._check = {**self._check, "is_stale": True}
        if self._results.get("rows"):
            self._results = {**self._results, "is_stale": True}

    def _hear(self, widget: object, content: Any, buffers: object) -> None:
        """Begin what a click asks for, of the text that was on the screen; say why where not."""
        kind = content.get("kind")
        if kind not in ("check", "try", "save"):
            return
        problem = ""
        try:
            if "files" in content:
                self.files = content["files"]
            if kind == "check":
                self.check()
            elif kind == "try":
                self.selected_cases = content.get("cases", self.selected_cases)
                self.try_cases()
            else:
                self.save_as(str(content.get("name", "")), replace=bool(content.get("replace")))
        except Exception as error:
            log_error(f"the {kind}", error)
            problem = told_error(error)
        self.send({"kind": "heard", "about": kind, "problem": problem})

    def still(self) -> dict[str, str]:
        """Return the diff against the original, what is wrong, and how cases went."""
        name, n = self._told["name"] or "a skill", len(self.changed)
        told = "equals the original" if not n else f"{n} file{'s' * (n != 1)} changed"
        diff = html.escape(self.diff())
        parts = [f"<p>Variant of {html.escape(name)}: {told}</p>"]
        parts += [f"<pre>{diff}</pre>"] if diff else []
        parts += [_still_faults(self.faults)] if self.faults else []
        parts += [_still_results(self.results)] if len(self.results) else []
        parts += [f"<p>Kept: {html.escape(self.saved)}</p>"] if self.saved else []
        return {
            "text/plain": f"Skill {name}: {told}",
            "text/html": "".join(parts),
        }


def check_files(files: Any) -> dict[str, str]:
    """Return files by path; SkillError where one is no text, or its path leaves the folder."""
    if not isinstance(files, Mapping) or not files:
        raise SkillError(f"files: expected paths with texts, got {type(files).__name__}")
    for path, text in files.items():
        if not isinstance(path, str) or not isinstance(text, str):
            seen = type(text).__name__ if isinstance(path, str) else repr(path)
            raise SkillError(f"files: expected a path and its text, got {seen} at {path!r}")
        parts = PurePosixPath(path)
        if parts.is_absolute() or ".." in parts.parts or str(parts) != path or path == ".":
            raise SkillError(
                f"files: expected a path within the skill's folder, got {path[:200]!r}"
            )
        if "\\" in path or "\0" in path or ":" in path:
            raise SkillError(f"files: expected a path of plain names, got {path[:200]!r}")
    return dict(files)


def fault_of(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return what is wrong as `path`, `line` and `message`; SkillError where it says nothing."""
    told = given if isinstance(given, Mapping) else {"message": given}
    if not isinstance(told.get("message"), str):
        raise SkillError(f"validate: expected texts, or mappings with a `message`, got {given!r}")
    return {
        "path": str(told.get("path") or ""),
        "line": int(told.get("line") or 0),
        "message": told["message"],
    }


def _told_check(
    state: str, faults: Sequence[Mapping[str, Any]] = (), *, is_stale: bool = False
) -> dict[str, Any]:
    return {"state": state, "faults": [*faults], "is_stale": is_stale}


def _changed(original: Files, files: Files) -> list[str]:
    paths = dict.fromkeys([*original, *files])
    return [path for path in paths if original.get(path) != files.get(path)]


def _diff(original: Files, files: Files, path: str) -> str:
    before, after = (side.get(path, "").splitlines(keepends=True) for side in (original, files))
    lines = unified_diff(before, after, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _still_faults(faults: Sequence[Mapping[str, Any]]) -> str:
    rows = [[one["path"], str(one["line"] or ""), one["message"]] for one in faults]
    return text_table(["File", "Line", "Fault"], rows, f"Faults: {len(faults)}")


def _still_results(results: pd.DataFrame) -> str:
    rows = [
        [row["case"], *(f"{row[f'verdict{side}']} {row[f'cause{side}']}".strip() for side in SIDES),
         row["truth"], row["note"]]
        for row in results.to_dict("records")
    ]  # fmt: skip
    head = ["Case", "Original", "Variant", "Truth", "Note"]
    return text_table(head, rows, f"Tried on {len(rows)} case{'s' * (len(rows) != 1)}")
