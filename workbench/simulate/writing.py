"""What the commits of a simulated service edit: its code, in all of its versions.

Code that nobody may know of changed is in no commit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.simulate.call_trees import NOUNS, VERBS
from workbench.simulate.causes import CauseCase
from workbench.simulate.changes import Rerouted
from workbench.simulate.code import ServiceCode, add_calls, find_call, is_own, replace_line
from workbench.simulate.commits import called_more, calls_before, drawn_of, settings_of
from workbench.simulate.lines import Line, call, of_each, statement
from workbench.types import Change, Function

_OFTEN_IN_LOOP = 0.85
LIBRARIES = ("clone", "codec", "otherlib", "regexlib")


def write_code(case: CauseCase, commits: Sequence[Change], seed: int) -> ServiceCode:
    """Return the code of a case in all versions: 0 before its commits, 1 with the first of them…

    Parameters
    ----------
    case : CauseCase
        One that `can_be_written`.
    commits : sequence of Change
        As `plan_commits` returns them.
    seed : int
        Of what the case leaves open; the same gives the same code.
    """
    writer = _Writer(case, commits, seed)
    writer.write_base()
    for version, change in enumerate(commits, start=1):
        writer.write_commit(version, change)
    writer.write_plain()
    return writer.code


class _Writer:
    """Writes the code of one case."""

    def __init__(self, case: CauseCase, commits: Sequence[Change], seed: int) -> None:
        self.case, self.commits, self.drawn = case, commits, drawn_of(case)
        self.rng = np.random.default_rng([seed, 1])
        self.code = ServiceCode()
        self.versions = {change.id: n for n, change in enumerate(commits, start=1)}
        self.settings = settings_of(case)
        self.rerouted = {one.change_id: one for one in self.drawn.rerouted}
        self.calls = calls_before(case)

    def write_base(self) -> None:
        """Write what is there before all commits, and what new functions begin with."""
        rng, case = self.rng, self.case
        born = {
            f: self.versions[one.change_id]
            for one in self.drawn.rerouted if one.is_through_new for f in one.after
        }  # fmt: skip
        for function in filter(is_own, case.recording.functions):
            text = case.texts[function].split("\n    ")[1:]
            if self.drawn.new_call and function == self.drawn.new_call[0] and self._is_called():
                text = text[:-1]  # that call is written below
            self.code.define(function, text, rng, born.get(function, 0))
        for caller, callees in self.calls.items():
            if is_own(caller):
                add_calls(self.code, caller, sorted(callees), rng)
        self._write_new_call()
        for change in self.settings.values():
            for function in self._readers(change):
                self.code.insert(function, self._reading(change, function), rng)
        for path in sorted({p for c in self.commits for p in c.files if p.endswith("/admin.py")}):
            for noun in rng.choice(NOUNS, 3, replace=False):
                lines = [_plain(rng) for _ in range(4)]
                self.code.define(Function(f"show_{noun}", path), lines, rng)

    def _is_called(self) -> bool:
        caller, callee = self.drawn.new_call or (None, None)
        name = callee.name.rpartition(".")[2] if callee else ""
        return caller is not None and self.case.texts[caller].endswith(f"{name}(v1)")

    def _write_new_call(self) -> None:
        """Write the call that nothing made before: by the commit that began it, or before that,
        behind what it waited for.
        """
        caller, callee = self.drawn.new_call or (None, None)
        if caller is None or callee is None or not is_own(caller):
            return
        if callee in self.calls.get(caller, ()):  # in stacks that hardly run
            return
        guilty, names = self.drawn.guilty, self.code.definitions[caller].names
        line = call(names, callee, keeps=False)
        is_theirs = (  # of who did it, and that is known
            guilty is not None and guilty.id in self.case.culprits and caller in guilty.functions
        )
        version = self.versions.get(guilty.id, 0) if guilty is not None and is_theirs else 0
        if version and not self.drawn.had_call:
            line.born = version
            self.code.insert(caller, [line], self.rng)
            return
        line.text = f"    {line.text}"
        condition = f"    if {names.given[0]} is {names.given[1]}:"
        group = [Line(condition), line]
        if guilty is not None and is_theirs and guilty.id in self.settings:
            group = [Line(f"    if {_asked(self.settings[guilty.id])}:"), line]
        elif version:
            group = [Line(condition, died=version),
                     Line(f"    if {names.given[0]}:", version), line]  # fmt: skip
        self.code.insert(caller, group, self.rng)

    def _readers(self, change: Change) -> list[Function]:
        """Return the functions that read a setting: for a library, what calls it."""
        found: dict[Function, None] = {}
        for function in change.functions:
            if function in self.code.definitions:
                found[function] = None
                continue
            callers = [c for c, called in self.calls.items() if function in called and is_own(c)]
            found |= dict.fromkeys(callers[:1])
        return list(found)

    def _reading(self, change: Change, function: Function) -> list[Line]:
        made = self.code.definitions[function]
        names = made.names
        what = names.put_into(f"v1 = {self.rng.choice(VERBS)}_{self.rng.choice(NOUNS)}(v2)")
        lines = [f"    if {_asked(change)}:", f"        {what}"]
        if change.kind == "config":
            lines = [f"    {what[:-1]}, {_asked(change)})"]
        return [Line(text, made.born) for text in lines]

    def write_commit(self, version: int, change: Change) -> None:
        """Write what a commit edits, into the functions that it is said to touch."""
        if change.kind != "commit":
            return
        functions = list(change.functions)
        if not functions and change.files[0].endswith("/admin.py"):
            mine = [f for f in self.code.definitions if f.file == change.files[0]]
            functions = [mine[int(self.rng.integers(len(mine)))]]
        added, removed = self._drawn_lines(change)
        n = len(functions)
        for place, function in enumerate(functions):
            self._edit(version, function, added[place::n], removed[place::n])
        if change.id in self.case.culprits and self.case.kind == "calls":
            self._call_more(version)
        if change.id in self.rerouted:
            self._reroute(version, self.rerouted[change.id])

    def _call_more(self, version: int) -> None:
        """Write the call that is made more often into a loop; some are by what is handed on."""
        caller = self.drawn.acted_on
        made = self.code.definitions[caller]
        if self.rng.random() < _OFTEN_IN_LOOP and (callee := called_more(self.case)):
            found = find_call(self.code, caller, callee)
            if found is not None:
                line, group = found
                loop = Line(f"    for item in {made.names.given[1]}:")
                inside = Line(f"    {of_each(line.text, made.names)}", needs=line.needs)
                replace_line(line, group, [loop, inside], version)

    def _drawn_lines(self, change: Change) -> tuple[list[str], list[str]]:
        """Return what a commit adds and removes, without what it gives another name.

        The last first: of what costs more that is the line that does it.
        """
        (hunk,) = self.drawn.commits[change.id].hunks
        added, removed = (
            [line.strip() for line in lines[-2::-1]] for lines in (hunk.added, hunk.removed)
        )
        return added, removed

    def _edit(
        self, version: int, function: Function, added: Sequence[str], removed: Sequence[str]
    ) -> None:
        made, rng = self.code.definitions[function], self.rng
        kept = made.names.put_into(f"v2.{rng.choice(NOUNS)}")
        noun = str(rng.choice(NOUNS))
        group = [
            Line(f"    named_{noun} = {kept}", made.born, version),
            Line(f"    renamed_{noun} = {kept}", version),
        ]
        for drawn in removed:
            if drawn.startswith("@"):
                made.decorators.append(Line(drawn, made.born, version))
                continue
            lines = statement(drawn, made.names)
            stays = len(lines) - 1 if drawn == "break" else 0
            group += [Line(text, made.born) for text in lines[:stays]]
            group += [Line(text, made.born, version) for text in lines[stays:]]
        for drawn in reversed(added):
            group += [Line(text, version) for text in statement(drawn, made.names)]
        self.code.insert(function, group, rng)

    def _reroute(self, version: int, one: Rerouted) -> None:
        """Write a call anew."""
        names = self.code.definitions[one.caller].names
        new = [
            call(names, callee, keeps=True)
            for callee in one.after
            if find_call(self.code, one.caller, callee) is None
        ]
        gone = find_call(self.code, one.caller, one.before)
        if gone is not None:
            plain = Line(f"    {names.given[0]} = {names.given[1]}")
            replace_line(*gone, new or [plain], version)
            self.code.touch(version, one.caller.file)
        for callee in one.after if one.is_through_new else ():
            add_calls(self.code, callee, [one.before], self.rng)

    def write_plain(self) -> None:
        """Write documents, and the versions of libraries that are required."""
        rng, texts = self.rng, self.code.texts
        texts["README.md"] = [Line("# A service"), Line(""), Line("Start it with `svc/main.py`.")]
        pins = {name: [Line(f"{name}==1.2.0")] for name in LIBRARIES}
        for version, change in enumerate(self.commits, start=1):
            if change.kind == "dependency":
                lines = pins[change.key]
                lines[-1].died = version
                lines.append(Line(f"{change.key}==1.{len(lines) + 2}.0", version))
                self.code.touch(version, "requirements.txt")
            for path in (p for p in change.files if p.endswith(".md")):
                noun = path.rpartition("/")[2].removesuffix(".md")
                known = texts.setdefault(path, [Line(f"# {noun.title()}"), Line("")])
                known.append(Line(f"How to {rng.choice(VERBS)} a {noun}: see above.", version))
                self.code.touch(version, path)
        texts["requirements.txt"] = [line for name in LIBRARIES for line in pins[name]]


def _asked(change: Change) -> str:
    """Return the expression that reads a flag, a setting or an experiment."""
    if change.kind == "flag":
        return f'flags.is_on("{change.key}")'
    if change.kind == "config":
        return f'settings.get("{change.key}", {change.before})'
    return f'experiments.arm("{change.key}") == "treatment"'


def _plain(rng: np.random.Generator) -> str:
    return f"v1 = {rng.choice(VERBS)}_{rng.choice(NOUNS)}(v2)"
