"""Growth is traced to the commit that wrote the lines it passes through."""

import numpy as np
import pandas as pd
import pytest

from workbench.attribute import CodeHistory, line_growth
from workbench.types import Function, Recording

BASE = "def f():\n    x = 1\n    y = 2\n    return x\n"
LONGER = "import os\n" + BASE  # lines below stand one further down
SLOW = LONGER.replace("    y = 2\n", "    y = 2\n    for i in range(99): y += i\n")
TIDY = SLOW.replace("x = 1", "x = int(1)")


def sampled(windows):
    """(version, {line of f: samples}) of each window -> a recording by line."""
    lines = sorted({line for _, counts in windows for line in counts})
    rows = [(w, lines.index(line), n) for w, (_, c) in enumerate(windows) for line, n in c.items()]
    at, stacks, counts = (np.array(column) for column in zip(*rows, strict=True))
    return Recording(
        service="svc", windows=pd.DataFrame({"version": [version for version, _ in windows]}),
        functions=(Function("main", "run.py", 0), *(Function("f", "app.py", n) for n in lines)),
        stack_starts=np.arange(0, 2 * len(lines) + 1, 2),
        stack_functions=np.array([i for n in range(len(lines)) for i in (0, n + 1)]),
        sample_windows=at, sample_stacks=stacks, sample_counts=counts,
    )  # fmt: skip


@pytest.fixture
def history(make_repository):
    repository = make_repository(*({"app.py": text} for text in (BASE, LONGER, SLOW, TIDY)))
    return CodeHistory(repository, "main~3", "main")


def growth(history, windows, subject="<service>"):
    base = history.repository.resolve("main~3")
    named = {"base": base} | dict(
        zip(("longer", "slow", "tidy"), (c.id for c in history.commits), strict=True)
    )
    recording = sampled([(named[version], counts) for version, counts in windows])
    half = len(windows) // 2
    sides = (np.arange(half), np.arange(half, len(windows)))
    versions = list(recording.windows["version"])
    found = line_growth(recording, np.ones(len(windows)), history, versions, {}, sides, subject)
    return found and {name: found[commit] for name, commit in named.items() if commit in found}


def test_growth_is_of_the_commit_that_wrote_the_line(history):
    windows = [("base", {2: 10, 3: 10}), ("longer", {3: 10, 4: 10}),
               ("slow", {3: 10, 4: 10, 5: 80}), ("tidy", {3: 10, 4: 10, 5: 80})]  # fmt: skip
    assert growth(history, windows) == {"longer": 0, "slow": 80, "tidy": 0}


def test_what_a_line_replaced_is_set_against_it(history):
    windows = [
        ("slow", {3: 30, 5: 80}),
        ("slow", {3: 30, 5: 80}),
        ("tidy", {3: 40}),
        ("tidy", {3: 40}),
    ]
    assert growth(history, windows) == {"longer": 0, "slow": -80, "tidy": 10}


def test_only_stacks_of_what_regressed_count(history):
    windows = [("base", {3: 10}), ("slow", {3: 10, 5: 80})]
    assert growth(history, windows, "app:f")["slow"] == 80
    assert growth(history, windows, "run:main")["slow"] == 80


def test_without_lines_nothing_is_known(history):
    assert growth(history, [("base", {0: 10}), ("slow", {0: 80})]) is None
    where_it_begins = [("base", {1: 10}), ("slow", {1: 80})]
    assert growth(history, where_it_begins) is None


def write_two(make_repository, *texts):
    """Commits of an app.py -> what each stack through its lines grew by, commit by commit."""
    repository = make_repository(*({"app.py": text} for text in texts))
    history = CodeHistory(repository, f"main~{len(texts) - 1}", "main")

    def measure(before, after):
        idle = {(("idle", line),): 5 for line in (1, 2, 3)}  # so that lines are told
        before, after = before | idle, after | idle
        stacks = sorted(before.keys() | after.keys())
        functions = sorted({(name, line) for stack in stacks for name, line in stack})
        rows = [functions.index(frame) for stack in stacks for frame in stack]
        samples = [
            (window, stacks.index(stack), n)
            for window, side in enumerate((before, after))
            for stack, n in side.items()
        ]
        at, which, counts = (np.array(column) for column in zip(*samples, strict=True))
        versions = [repository.resolve(history.base), repository.resolve(history.head)]
        recording = Recording(
            service="svc", windows=pd.DataFrame({"version": versions}),
            functions=tuple(
                Function(name, "run.py" if name == "idle" else "app.py", line)
                for name, line in functions
            ),
            stack_starts=np.cumsum([0, *map(len, stacks)]), stack_functions=np.array(rows),
            sample_windows=at, sample_stacks=which, sample_counts=counts,
        )  # fmt: skip
        sides = (np.array([0]), np.array([1]))
        found = line_growth(recording, np.ones(2), history, versions, {}, sides)
        return [found[commit.id] for commit in history.commits]

    return measure


CALLS = (
    "def f(rows):\n    a = 1\n    b = g(rows)\n    return b\n\n\ndef g(rows):\n    return rows\n"
)


def test_a_line_that_was_only_moved_is_not_of_who_moved_it(make_repository):
    moved = CALLS.replace(
        "    a = 1\n    b = g(rows)\n", "    with lock:\n        b = g(rows)\n    a = 1\n"
    )
    measure = write_two(make_repository, CALLS, moved)
    before, after = {(("f", 3), ("g", 8)): 10}, {(("f", 3), ("g", 8)): 90}
    assert measure(before, after) == [0]


def test_a_line_under_another_name_is_not_of_who_renamed_it(make_repository):
    renamed = CALLS.replace("rows", "items")
    measure = write_two(make_repository, CALLS, renamed)
    assert measure({(("f", 3), ("g", 8)): 10}, {(("f", 3), ("g", 8)): 90}) == [0]


def test_what_is_moved_later_stays_of_who_wrote_it(make_repository):
    slow = CALLS.replace("    return rows\n", "    return sorted(rows)\n")
    moved = (
        "import os\n\n\ndef g(rows):\n    return sorted(rows)\n\n\n"
        + slow.partition("\n\n\ndef g")[0]
        + "\n"
    )
    measure = write_two(make_repository, CALLS, slow, moved)
    before, after = {(("f", 3), ("g", 8)): 10}, {(("f", 10), ("g", 5)): 90}
    assert measure(before, after) == [80, 0]
