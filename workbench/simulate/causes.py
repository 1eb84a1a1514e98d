"""Regressions with known causes: what was recorded, what was deployed then, and which of it did it.

The recordings are of call trees whose stacks are sampled; the changes are of every kind, with lines
of code, titles and authors; some of them did nothing, touch what regressed and look worse than the
culprit. In some cases nobody known did it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.history import Commit, Hunk
from workbench.types import BoolArray, Change, FloatArray, Function, Recording

_START = datetime(2026, 3, 2, tzinfo=UTC)
_VERBS = [
    "load",
    "parse",
    "rank",
    "merge",
    "encode",
    "fetch",
    "check",
    "build",
    "score",
    "filter",
    "group",
    "expand",
    "trim",
    "count",
    "resolve",
    "format",
    "emit",
    "sample",
    "place",
    "split",
]
_NOUNS = [
    "user",
    "post",
    "feed",
    "page",
    "token",
    "field",
    "schema",
    "query",
    "cache",
    "key",
    "row",
    "log",
    "event",
    "flag",
    "score",
    "reply",
    "mention",
    "link",
    "index",
    "shard",
    "friend",
    "photo",
    "price",
    "order",
    "cart",
    "stock",
    "label",
    "route",
    "span",
]
_AREAS = (
    "ranking graph serialize telemetry cache text store search billing media auth notify".split()
)
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


@dataclass(frozen=True, slots=True, eq=False)
class CauseCase:
    """A regression, the changes that could have caused it, and the truth."""

    recording: Recording
    subject: str
    """What regressed."""
    windows: tuple[int, int, int]
    """First window of the new level as it would be detected: lower end, itself, upper end."""
    changes: tuple[Change, ...]
    commits: tuple[Commit, ...]
    """With what they changed, for those of the changes that are commits; sometimes unknown."""
    culprits: frozenset[str]
    """Ids of the changes that did it; empty where none of them did."""
    kind: str
    """What happened: `own`, `calls`, `new call`, `indirect`, `traffic`, `data`."""
    texts: dict[Function, str] = field(default_factory=dict)
    """Text of each function now."""
    texts_before: dict[Function, str] = field(default_factory=dict)
    """The same before: without a call that was written."""
    arms: dict[str, float] = field(default_factory=dict)
    """Experiment -> fraction of the cost that its arms add."""
    authors: dict[str, dict[str, int]] = field(default_factory=dict)
    """Author -> file -> earlier changes."""
    lines: dict[str, float] | None = None
    """Commit -> growth through its own lines; None where lines were not recorded."""
    mix: float | None = None
    """Growth of the cost by another mix of requests alone; None where that was not measured."""


@dataclass(slots=True)
class _Tree:
    """Stacks as they are called, with what each costs before and after."""

    functions: list[Function]
    stacks: list[tuple[int, ...]]
    before: FloatArray
    after: FloatArray
    new_call: tuple[int, int] | None = None
    """Caller and callee of a call that nothing made before."""


def simulate_cause(seed: int) -> CauseCase:
    """Draw one regression with its candidates; the same for the same seed."""
    rng = np.random.default_rng(seed)
    tree = _draw_tree(rng)
    kind = str(rng.choice(["own", "calls", "new call", "indirect", "traffic", "data"],
                          p=[0.34, 0.2, 0.2, 0.08, 0.1, 0.08]))  # fmt: skip
    acted_on, subject = _strike(rng, tree, kind)
    n_windows = 2 * int(rng.integers(8, 25))
    at = n_windows // 2
    is_release = rng.random() < 0.35  # everything was deployed at once
    index = at + int(np.rint(rng.normal(0, 0.6)))
    width = int(rng.integers(0, 3))
    windows = (index - width, index, index + width) if not is_release else (at, at, at)
    makers = _Makers(rng, tree, windows, at, is_release)
    n_candidates = int(np.clip(rng.lognormal(3.6 if is_release else 2.1, 0.8), 2, 400))
    made = [makers.innocent() for _ in range(n_candidates)]
    near = _near(tree, acted_on)
    made += [makers.decoy(near) for _ in range(rng.binomial(3, 0.5))]
    culprits: frozenset[str] = frozenset()
    if kind not in {"traffic", "data"}:
        guilty = makers.guilty(acted_on)
        if rng.random() < 0.65:  # else it is not among those that are known
            made.append(guilty)
            culprits = frozenset({guilty[0].id})
    made = [made[i] for i in rng.permutation(len(made))]
    gain = float(tree.after.sum() / tree.before.sum() - 1)
    steps = next((c.rollout for c, _ in made if c.id in culprits and c.rollout), ((at, 1.0),))
    if steps[0][1] > steps[-1][1]:  # turned down: what it saved is missing then
        steps = tuple((window, 1 - reach) for window, reach in steps)
    recording = _record(rng, tree, n_windows, steps)
    arms = {
        change.key: gain * (rng.normal(1, 0.3) if change.id in culprits else rng.normal(0, 0.1))
        for change, _ in made
        if change.kind == "experiment" and rng.random() < 0.7
    }
    commits = () if rng.random() < 0.12 else tuple(commit for _, commit in made if commit)
    return CauseCase(
        recording, subject, windows, tuple(c for c, _ in made), commits, culprits, kind,
        makers.texts, makers.texts_before, arms, makers.authors,
        _lines(rng, tree, made, culprits, makers.rewrote, kind), _mix(rng, gain, kind),
    )  # fmt: skip


def _mix(rng: np.random.Generator, gain: float, kind: str) -> float | None:
    """Return what another mix of requests would add to the cost, in half of the cases."""
    if rng.random() < 0.5:
        return None
    part = rng.normal(1, 0.2) if kind == "traffic" else rng.normal(0, 0.15)
    return float(gain * part)


def _draw_tree(rng: np.random.Generator) -> _Tree:
    """Draw a service: entry points that call functions of areas, which call libraries."""
    n = int(rng.integers(40, 220))
    functions = [Function("main", "svc/main.py")]
    functions += [Function(f"handle_{noun}", "svc/endpoints.py") for noun in _NOUNS[:5]]
    for i in range(n):
        area = str(rng.choice(_AREAS))
        noun, verb = str(rng.choice(_NOUNS)), str(rng.choice(_VERBS))
        name = (
            f"{noun.title()}{i % 7}.{verb}_{noun}" if rng.random() < 0.3 else f"{verb}_{noun}_{i}"
        )
        functions.append(Function(name, f"svc/{area}/{noun}.py"))
    n_own = len(functions)
    functions += [
        Function(f"{verb}_{i}", f"{lib}/core.py")
        for lib in ("codec", "regexlib", "clone")
        for i, verb in enumerate(rng.choice(_VERBS, 4, replace=False))
    ]
    paths: dict[int, tuple[int, ...]] = {0: (0,)} | {e: (0, e) for e in range(1, 6)}
    stacks = list(paths.values())
    for i in range(6, n_own):
        parent = paths[int(rng.choice(list(paths)[1:]))]
        paths[i] = (*parent[:9], i)
        stacks.append(paths[i])
        for _ in range(rng.binomial(2, 0.12)):  # called from elsewhere too
            other = paths[int(rng.choice(list(paths)[1:]))]
            if i not in other:
                stacks.append((*other, i))
        if rng.random() < 0.3:
            stacks.append((*paths[i], int(rng.integers(n_own, len(functions)))))
    before = rng.lognormal(0, 1.3, len(stacks)) * (rng.random(len(stacks)) < 0.8)
    before[0] = 0.01
    return _Tree(functions, stacks, before / before.sum(), before / before.sum())


def _strike(rng: np.random.Generator, tree: _Tree, kind: str) -> tuple[int, str]:
    """Make the service slower in some way; return the function acted on, and what regressed."""
    size = float(np.exp(rng.uniform(np.log(0.03), np.log(0.4))))
    cost = [sum(tree.before[[i in s for s in tree.stacks]]) for i in range(len(tree.functions))]
    own = np.array([sum(b for s, b in zip(tree.stacks, tree.before, strict=True) if s[-1] == i)
                    for i in range(len(tree.functions))])  # fmt: skip
    callers = [i for i in range(6, len(tree.functions)) if cost[i] > 0.01]
    if kind == "traffic":
        entry = int(rng.integers(1, 6))
        inside = np.array([entry in stack for stack in tree.stacks])
        _grow(tree, inside, size)
        return entry, "<service>" if rng.random() < 0.5 else tree.functions[entry].subject
    if kind in {"own", "data", "indirect"}:
        target = int(rng.choice(len(own), p=own / own.sum()))
        inside = np.array([stack[-1] == target for stack in tree.stacks])
        if kind == "data":
            inside |= np.array([target in stack for stack in tree.stacks])
        _grow(tree, inside, size)
        acted_on = target
        if kind == "indirect":  # what was changed hands more to what grew
            acted_on = _relative(rng, tree, target)
        return acted_on, _subject(rng, tree, target)
    caller = int(rng.choice(callers or [6]))
    beneath = [i for i, s in enumerate(tree.stacks) if caller in s and s[-1] != caller]
    if kind == "calls" and beneath and tree.before[beneath].sum() > 0:
        chosen = tree.stacks[int(rng.choice(beneath))]
        callee = chosen[chosen.index(caller) + 1]
        pair = np.array([
            any(a == caller and b == callee for a, b in pairwise(s))
            for s in tree.stacks
        ])  # fmt: skip
        if tree.before[pair].sum() > 0:
            _grow(tree, pair, size)
            return caller, _subject(rng, tree, callee)
    stems = [s for s in tree.stacks if s[-1] == caller] or [(0, 1, caller)]
    callee = int(rng.integers(6, len(tree.functions)))
    for stem in stems:
        tree.stacks.append((*stem, callee))
    tree.new_call = caller, callee
    parts = rng.dirichlet(np.ones(len(stems))) * size
    tree.before = np.append(tree.before, np.zeros(len(stems)))
    tree.after = np.append(tree.after, parts)
    subject = _subject(rng, tree, callee if rng.random() < 0.5 else caller)
    if rng.random() < 0.2:  # what was changed hands it something that it calls
        return _relative(rng, tree, caller), subject
    return caller, subject


def _reroute(rng: np.random.Generator, tree: _Tree, caller: int) -> int | None:
    """Let a function call another by way of a new one, or without one between; return which.

    Nothing costs more or less; None where it calls nothing.
    """
    called = {s[s.index(caller) + 1] for s in tree.stacks if caller in s[:-1]}
    called -= {callee for known, callee in [tree.new_call or (None, None)] if known == caller}
    if not called:
        return None
    callee = int(rng.choice(sorted(called)))
    is_inlined = rng.random() < 0.3
    if not is_inlined:
        function = tree.functions[caller]
        helper = len(tree.functions)
        verb, noun = rng.choice(_VERBS), rng.choice(_NOUNS)
        tree.functions.append(Function(f"{verb}_{noun}_{helper}", function.file))
    moved = [
        (i, stack.index(caller) + 1) for i, stack in enumerate(tree.stacks)
        if any(a == caller and b == callee for a, b in pairwise(stack))
    ]  # fmt: skip
    for i, place in moved:
        stack = tree.stacks[i]
        between = () if is_inlined else (helper, callee)
        tree.stacks.append((*stack[:place], *between, *stack[place + 1 :]))
    places = [i for i, _ in moved]
    tree.before = np.append(tree.before, np.zeros(len(moved)))
    tree.after = np.append(tree.after, tree.after[places])
    tree.after[places] = 0
    return callee if is_inlined else helper


def _grow(tree: _Tree, inside: BoolArray, size: float) -> None:
    base = tree.before[inside].sum()
    tree.after = np.where(inside, tree.after * (1 + size / max(base, 1e-3)), tree.after)


def _relative(rng: np.random.Generator, tree: _Tree, target: int) -> int:
    """Return another function under the same caller, or the caller."""
    stack = next(s for s in tree.stacks if s[-1] == target)
    parent = stack[-2] if len(stack) > 1 else 0
    near = {s[s.index(parent) + 1] for s in tree.stacks if parent in s and s[-1] != parent}
    return int(rng.choice(sorted(near | {parent})))


def _subject(rng: np.random.Generator, tree: _Tree, target: int) -> str:
    """Return what detection would name: the function, a caller of it, or the service."""
    if rng.random() < 0.2:
        return "<service>"
    stack = next(s for s in tree.stacks if target in s)
    place = stack.index(target)
    up = min(place, int(rng.geometric(0.6)) - 1)
    return tree.functions[stack[place - up]].subject


def _near(tree: _Tree, acted_on: int) -> list[int]:
    """Return what stands in stacks with the function acted on."""
    return sorted({f for s in tree.stacks if acted_on in s for f in s if f > 5} | {acted_on})


class _Makers:
    """Make changes that touch functions, or do not."""

    def __init__(
        self, rng: np.random.Generator, tree: _Tree, windows: tuple[int, int, int], at: int,
        is_release: bool,
    ) -> None:  # fmt: skip
        self.rng, self.tree, self.windows, self.at = rng, tree, windows, at
        self.is_release = is_release
        self.texts = {f: _body(rng, f) for f in tree.functions}
        owners = rng.choice(_AUTHORS, len(_AREAS))
        self.texts_before = dict(self.texts)
        self.owner = dict(zip(_AREAS, map(str, owners), strict=True))
        self.authors = _earlier(rng, tree, self.owner)
        self.own = [i for i, f in enumerate(tree.functions) if f.file.startswith("svc/")]
        self.rewrote: set[str] = set()
        """Changes that wrote a call anew."""
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
            return self._commit([], [f"docs/{rng.choice(_NOUNS)}.md"], 0, 0)
        if roll < 0.6:  # code that nobody saw run
            return self._commit([], [f"svc/{rng.choice(_AREAS)}/admin.py"], self._size(4), 0)
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
        other = _reroute(self.rng, self.tree, chosen[0]) if self.rng.random() < often else None
        if other is not None:
            function = self.tree.functions[other]
            self.texts.setdefault(function, _body(self.rng, function))
            change, commit = self._commit([*chosen, other], [], max(1, n_lines), n_costly, at)
            self.rewrote.add(change.id)
            return change, commit
        return self._commit(chosen, [], n_lines, n_costly, at)

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
        about = functions[0].name.rpartition(".")[2] if functions else str(self.rng.choice(_NOUNS))
        if self.rng.random() < 0.4:
            about = str(self.rng.choice(_NOUNS))
        window = self._window(at)
        area = functions[0].file.split("/")[1] if functions and "/" in functions[0].file else ""
        knows = self.rng.random() < (
            0.6 if at is None else 0.55
        )  # newcomers to code err a little more
        author = self.owner.get(area, "") if knows else ""
        title = str(self.rng.choice(_TITLES)).format(about.replace("_", " "))
        return Change(
            f"{kind}-{self.n}", title, author or str(self.rng.choice(_AUTHORS)), "",
            _START + timedelta(hours=window), kind=kind, functions=functions,
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


def _lines(
    rng: np.random.Generator, tree: _Tree, made: Sequence[tuple[Change, Commit | None]],
    culprits: frozenset[str], rewrote: Set[str], kind: str,
) -> dict[str, float] | None:  # fmt: skip
    """Return the growth through the lines of each commit, in half of the cases."""
    if rng.random() < 0.5:
        return None
    gain = float(tree.after.sum() - tree.before.sum())
    found = {}
    for change, commit in made:
        if commit is None or change.kind != "commit":
            continue
        numbers = {tree.functions.index(f) for f in change.functions}
        inside = [bool(numbers & set(stack)) for stack in tree.stacks]
        through = float((tree.after - tree.before)[inside].sum()) if any(inside) else 0.0
        wrote = change.id in culprits and kind != "indirect" and rng.random() < 0.85
        if wrote or change.id in rewrote:
            part = float(rng.beta(8, 1.5))
        else:  # what others wrote is where the growth is where they wrote the call to it anew
            part = float(rng.beta(3, 1.5)) if rng.random() < 0.3 else 0.0
        noise = rng.normal(0, 0.03) if any(inside) else 0.0
        found[change.id] = part * through + noise * gain
    return found


def _earlier(
    rng: np.random.Generator, tree: _Tree, owner: dict[str, str]
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
    noun, verb = str(rng.choice(_NOUNS)), str(rng.choice(_VERBS))
    names = {"a": "v1", "b": f"v{rng.integers(2, 9)}", "n": noun, "f": f"{verb}_{noun}"}
    return str(rng.choice(templates)).format(**names)


def _body(rng: np.random.Generator, function: Function) -> str:
    lines = [f"def {function.name.rpartition('.')[2]}():"]
    lines += [f"    {_line(rng, _PLAIN)}" for _ in range(rng.integers(3, 12))]
    return "\n".join(lines)


def _record(
    rng: np.random.Generator, tree: _Tree, n_windows: int, steps: Sequence[tuple[int, float]]
) -> Recording:
    """Sample the stacks in windows; `steps` are the windows from which a part of it is as after."""
    reach = np.zeros(n_windows)
    for window, part in steps:
        reach[window:] = part
    n_samples = int(rng.integers(250, 1500))
    jitter = np.exp(rng.normal(0, 0.05, (len(tree.stacks), n_windows)))
    level = (tree.before[:, None] * (1 - reach) + tree.after[:, None] * reach) * jitter
    counts = rng.poisson(level * n_samples)
    totals = np.maximum(counts.sum(axis=0), 1)
    cost = level.sum(axis=0) * np.exp(rng.normal(0, 0.01, n_windows))
    stacks, windows = np.nonzero(counts)
    return Recording(
        service="svc",
        windows=pd.DataFrame({
            "at": [_START + timedelta(hours=i) for i in range(n_windows)],
            "version": "", "work": 1.0, "cpu_seconds": cost, "n_samples": totals,
        }),
        functions=tuple(tree.functions),
        stack_starts=np.cumsum([0, *map(len, tree.stacks)]),
        stack_functions=np.array([f for stack in tree.stacks for f in stack]),
        sample_windows=windows, sample_stacks=stacks, sample_counts=counts[stacks, windows],
    )  # fmt: skip
