"""Call trees with what each stack costs, before and after something made them dearer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.types import BoolArray, FloatArray, Function

VERBS = (
    "load parse rank merge encode fetch check build score filter group expand trim count resolve "
    "format emit sample place split"
).split()
NOUNS = (
    "user post feed page token field schema query cache key row log event flag score reply "
    "mention link index shard friend photo price order cart stock label route span"
).split()
AREAS = (
    "ranking graph serialize telemetry cache text store search billing media auth notify".split()
)


@dataclass(slots=True)
class CallTree:
    """Stacks as they are called, with what each costs before and after."""

    functions: list[Function]
    stacks: list[tuple[int, ...]]
    before: FloatArray
    after: FloatArray
    new_call: tuple[int, int] | None = None
    """Caller and callee of a call that nothing made before."""


def draw_tree(rng: np.random.Generator) -> CallTree:
    """Draw a service: entry points that call functions of areas, which call libraries."""
    n = int(rng.integers(40, 220))
    functions = [Function("main", "svc/main.py")]
    functions += [Function(f"handle_{noun}", "svc/endpoints.py") for noun in NOUNS[:5]]
    for i in range(n):
        area = str(rng.choice(AREAS))
        noun, verb = str(rng.choice(NOUNS)), str(rng.choice(VERBS))
        name = (
            f"{noun.title()}{i % 7}.{verb}_{noun}" if rng.random() < 0.3 else f"{verb}_{noun}_{i}"
        )
        functions.append(Function(name, f"svc/{area}/{noun}.py"))
    n_own = len(functions)
    functions += [
        Function(f"{verb}_{i}", f"{lib}/core.py")
        for lib in ("codec", "regexlib", "clone")
        for i, verb in enumerate(rng.choice(VERBS, 4, replace=False))
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
    return CallTree(functions, stacks, before / before.sum(), before / before.sum())


def strike(rng: np.random.Generator, tree: CallTree, kind: str) -> tuple[int, str]:
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


def reroute(rng: np.random.Generator, tree: CallTree, caller: int) -> int | None:
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
        verb, noun = rng.choice(VERBS), rng.choice(NOUNS)
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


def _grow(tree: CallTree, inside: BoolArray, size: float) -> None:
    base = tree.before[inside].sum()
    tree.after = np.where(inside, tree.after * (1 + size / max(base, 1e-3)), tree.after)


def _relative(rng: np.random.Generator, tree: CallTree, target: int) -> int:
    """Return another function under the same caller, or the caller."""
    stack = next(s for s in tree.stacks if s[-1] == target)
    parent = stack[-2] if len(stack) > 1 else 0
    near = {s[s.index(parent) + 1] for s in tree.stacks if parent in s and s[-1] != parent}
    return int(rng.choice(sorted(near | {parent})))


def _subject(rng: np.random.Generator, tree: CallTree, target: int) -> str:
    """Return what detection would name: the function, a caller of it, or the service."""
    if rng.random() < 0.2:
        return "<service>"
    stack = next(s for s in tree.stacks if target in s)
    place = stack.index(target)
    up = min(place, int(rng.geometric(0.6)) - 1)
    return tree.functions[stack[place - up]].subject


def near(tree: CallTree, acted_on: int) -> list[int]:
    """Return what stands in stacks with the function acted on."""
    return sorted({f for s in tree.stacks if acted_on in s for f in s if f > 5} | {acted_on})
