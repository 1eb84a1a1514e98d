"""Changes of every kind that touch functions of a call tree: innocent ones, decoys, the guilty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from workbench.history import Commit, Hunk
from workbench.simulate.call_trees import AREAS, NOUNS, VERBS, CallTree, reroute
from workbench.types import Change, Function

START = datetime(2026, 3, 2, tzinfo=UTC)
_TITLES = ("Tidy {}", "Support more of {}", "Fix an edge case in {}", "Rename what {} returns",
           "Make {} clearer", "Handle empty {}", "Speed up {}", "Extend {}", "Move {} along",
           "Check {} earlier")  # fmt: skip
_AUTHORS = ("Ada", "Bo", "Chi", "Dev", "Eli", "Fay", "Gil")
_PLAIN = ("{a} = {b}.{n}", "if {a} is None:", "    return {a}", "{a} = {f}({b})", "{a} += {b}",
          "self.{n} = {a}", "return {f}({a}, {b})")  # fmt: skip
_COSTLY = ("for {a} in {b}:", "{a} = sorted({b})", "{a} = copy.deepcopy({b})", "log.info({a}, {b})",
           "{a} = re.compile({b})", "{a} = [{f}(x) for x in {b}]", "validate_{n}({a})",
           "{a} = json.dumps({b})", "while {f}({a}):", "try: {f}({a})")  # fmt: skip
_SAVING = ("{a} = self.cache.get({b})", "@lru_cache(maxsize=512)", "{b} = set({a})", "    break")


@dataclass(frozen=True, slots=True)
class Rerouted:
    """A call that a change wrote anew: by way of a new function, or without one between."""

    change_id: str
    caller: Function
    before: Function
    """What it called until then."""
    after: tuple[Function, ...]
    """What it calls now, of what it did not call in that place."""
    is_through_new: bool
    """Whether the one that it calls now is new, and calls what was called before."""


class ChangeMaker:
    """Make changes that touch functions, or do not."""

    def __init__(
        self, rng: np.random.Generator, tree: CallTree, windows: tuple[int, int, int], at: int,
        is_release: bool,
    ) -> None:  # fmt: skip
        self.rng, self.tree, self.windows, self.at = rng, tree, windows, at
        self.is_release = is_release
        self.texts = {f: _body(rng, f) for f in tree.functions}
        owners = rng.choice(_AUTHORS, len(AREAS))
        self.texts_before = dict(self.texts)
        self.owner = dict(zip(AREAS, map(str, owners), strict=True))
        self.authors = _earlier(rng, tree, self.owner)
        self.own = [i for i, f in enumerate(tree.functions) if f.file.startswith("svc/")]
        self.rewrote: set[str] = set()
        """Changes that wrote a call anew."""
        self.rerouted: list[Rerouted] = []
        self.n = 0

    def innocent(self) -> tuple[Change, Commit | None]:
        """Make a change of any kind that does nothing to the cost."""
        rng = self.rng
        roll = rng.random()
        n_touched = int(rng.geometric(0.5))
        chosen = [int(i) for i in rng.choice(self.own, n_touched)]
        if roll < 0.2 and not self.is_release:
            return self._setting(chosen)
        if roll < 0.26:
            return self._bump("codec" if rng.random() < 0.5 else "otherlib")
        if roll < 0.45:
            return self._commit([], [f"docs/{rng.choice(NOUNS)}.md"], 0, 0)
        if roll < 0.6:  # code that nobody saw run
            return self._commit([], [f"svc/{rng.choice(AREAS)}/admin.py"], self._size(4), 0)
        often = 0.3 if self.is_release else 0.05
        return self._rewriting(often, chosen, self._size(5) if rng.random() < 0.6 else 0, 0)

    def decoy(self, near: Sequence[int]) -> tuple[Change, Commit | None]:
        """Make a change that touches what regressed, or what is near it, and costs nothing."""
        chosen = [int(self.rng.choice(near))]
        if self.rng.random() < 0.12 and not self.is_release:
            return self._setting(chosen)
        return self._rewriting(0.3, chosen, self._size(6) if self.rng.random() < 0.5 else 0, 0)

    def guilty(self, acted_on: int) -> tuple[Change, Commit | None]:
        """Make the change that did it."""
        function = self.tree.functions[acted_on]
        if not function.file.startswith("svc/"):
            self._write_call(0.9)
            return self._bump(function.file.split("/")[0], at=self.at)
        others = [int(i) for i in self.rng.choice(self.own, self.rng.binomial(2, 0.4))]
        if self.rng.random() < 0.35 and not self.is_release:
            self._write_call(1.0)
            return self._setting([acted_on, *others], at=self.at)
        self._write_call(0.2)  # some stood behind a condition
        return self._rewriting(0.1, [acted_on, *others], max(1, self._size(6)), 1, at=self.at)

    def _write_call(self, often_before: float) -> None:
        """Write the new call, where there is one, into its caller; often it was there before."""
        if self.tree.new_call is None:
            return
        caller, callee = (self.tree.functions[i] for i in self.tree.new_call)
        line = f"\n    {callee.name.rpartition('.')[2]}(v1)"
        if self.rng.random() < often_before:
            self.texts_before[caller] += line
        self.texts[caller] += line

    def _rewriting(
        self, often: float, chosen: Sequence[int], n_lines: int, n_costly: int,
        at: int | None = None,
    ) -> tuple[Change, Commit | None]:  # fmt: skip
        """Make a commit that sometimes also writes a call anew, of what then has another caller."""
        known = len(self.tree.functions), len(self.tree.stacks)
        other = reroute(self.rng, self.tree, chosen[0]) if self.rng.random() < often else None
        if other is not None:
            function = self.tree.functions[other]
            self.texts.setdefault(function, _body(self.rng, function))
            change, commit = self._commit([*chosen, other], [], max(1, n_lines), n_costly, at)
            self.rewrote.add(change.id)
            self.rerouted.append(self._rerouted(change.id, chosen[0], other, known))
            return change, commit
        return self._commit(chosen, [], n_lines, n_costly, at)

    def _rerouted(
        self, change_id: str, caller: int, other: int, known: tuple[int, int]
    ) -> Rerouted:
        """Return what the stacks say that were added since there were so many."""
        functions, is_new = self.tree.functions, other >= known[0]
        stacks = [[*stack, None, None] for stack in self.tree.stacks[known[1] :]]
        places = [stack.index(caller) for stack in stacks]
        after = {stack[i + 1] for stack, i in zip(stacks, places, strict=True)} - {None}
        before = stacks[0][places[0] + 2] if is_new else other
        return Rerouted(
            change_id, functions[caller], functions[before or 0],
            tuple(functions[i] for i in sorted(i for i in after if i is not None)), is_new,
        )  # fmt: skip

    def _size(self, mean: float) -> int:
        return int(min(60, self.rng.lognormal(np.log(mean), 0.9)))

    def _window(self, at: int | None) -> int:
        low, _, high = self.windows
        if self.is_release or at is not None:
            return self.at
        return int(self.rng.integers(low - 2, high + 3))

    def _change(self, kind: str, chosen: Sequence[int], at: int | None) -> Change:
        self.n += 1
        functions = tuple(self.tree.functions[i] for i in dict.fromkeys(chosen))
        about = functions[0].name.rpartition(".")[2] if functions else str(self.rng.choice(NOUNS))
        if self.rng.random() < 0.4:
            about = str(self.rng.choice(NOUNS))
        window = self._window(at)
        area = functions[0].file.split("/")[1] if functions and "/" in functions[0].file else ""
        knows = self.rng.random() < (
            0.6 if at is None else 0.55
        )  # newcomers to code err a little more
        author = self.owner.get(area, "") if knows else ""
        title = str(self.rng.choice(_TITLES)).format(about.replace("_", " "))
        return Change(
            f"{kind}-{self.n}", title, author or str(self.rng.choice(_AUTHORS)), "",
            START + timedelta(hours=window), kind=kind, functions=functions,
            files=tuple(sorted({f.file for f in functions})), window=window,
        )  # fmt: skip

    def _commit(
        self, chosen: Sequence[int], files: Sequence[str], n_lines: int, n_costly: int,
        at: int | None = None,
    ) -> tuple[Change, Commit | None]:  # fmt: skip
        change = self._change("commit", chosen, at)
        change = replace(change, files=(*change.files, *files))
        rng = self.rng
        lines = [_line(rng, _COSTLY if rng.random() < 0.22 else _PLAIN) for _ in range(n_lines)]
        removed = [_line(rng, _PLAIN) for _ in range(rng.binomial(3, 0.5) if n_lines else 0)]
        if n_costly and rng.random() < 0.75:
            lines.append(_line(rng, _COSTLY))
        elif n_costly:
            removed.append(_line(rng, _SAVING))
        kept = _line(rng, ("{b}.{n}", "{f}({b})"))  # under another name
        lines, removed = [*lines, f"renamed = {kept}"], [*removed, f"named = {kept}"]
        path = (change.files or ("svc/x.py",))[0]
        hunk = Hunk(
            path, 0, tuple(f"    {x}\n" for x in removed), tuple(f"    {x}\n" for x in lines)
        )
        return change, Commit(change.id, change.title, change.author, "", change.at, (hunk,))

    def _setting(self, chosen: Sequence[int], at: int | None = None) -> tuple[Change, None]:
        kind = str(self.rng.choice(["flag", "config", "experiment"], p=[0.5, 0.35, 0.15]))
        change = replace(self._change(kind, chosen, at), files=(), key=f"key{self.n}")
        if kind == "flag" and self.rng.random() < 0.5 and change.window is not None:
            second = change.window + int(self.rng.integers(2, 5))
            reaches = (0.0, 0.4, 1.0) if self.rng.random() < 0.7 else (1.0, 0.6, 0.0)
            steps = zip((0, change.window, second), reaches, strict=True)
            change = replace(change, rollout=tuple(steps))
        return change, None

    def _bump(self, package: str, at: int | None = None) -> tuple[Change, Commit]:
        chosen = [i for i, f in enumerate(self.tree.functions) if f.file.startswith(f"{package}/")]
        change = self._change("dependency", chosen, at)
        change = replace(
            change, title=f"Bump {package}", files=("requirements.txt",), key=package, functions=()
        )
        pins = (f"{package}==1.2.0\n",), (f"{package}==1.3.0\n",)
        hunk = Hunk("requirements.txt", 0, *pins)
        return change, Commit(change.id, change.title, change.author, "", change.at, (hunk,))


def _earlier(
    rng: np.random.Generator, tree: CallTree, owner: dict[str, str]
) -> dict[str, dict[str, int]]:
    """Return how often each author changed each file before."""
    found: dict[str, dict[str, int]] = {author: {} for author in _AUTHORS}
    for file in sorted({f.file for f in tree.functions}):
        of = owner.get(file.split("/")[1] if file.startswith("svc/") else "", "")
        for _ in range(rng.geometric(0.2)):
            author = of if of and rng.random() < 0.7 else str(rng.choice(_AUTHORS))
            found[author][file] = found[author].get(file, 0) + 1
    return found


def _line(rng: np.random.Generator, templates: Sequence[str]) -> str:
    noun, verb = str(rng.choice(NOUNS)), str(rng.choice(VERBS))
    names = {"a": "v1", "b": f"v{rng.integers(2, 9)}", "n": noun, "f": f"{verb}_{noun}"}
    return str(rng.choice(templates)).format(**names)


def _body(rng: np.random.Generator, function: Function) -> str:
    lines = [f"def {function.name.rpartition('.')[2]}():"]
    lines += [f"    {_line(rng, _PLAIN)}" for _ in range(rng.integers(3, 12))]
    return "\n".join(lines)
