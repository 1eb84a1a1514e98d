"""A small shop whose deploy of twelve commits made one function slow, and hostile variants of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from langchain_core.messages import AIMessage

from workbench.agent import Investigation, Trajectory, investigate, load_skills, make_model
from workbench.detect import detect
from workbench.history import Repository, run_git
from workbench.signals import function_series, stacks
from workbench.types import Detection, Function, Recording

SHOP = """def main():
    return [parse(), total(), render(), idle()]


def parse():
    return 1


def total():
    return 2


def render():
    return 3


def idle():
    return 4
"""
CULPRIT = 7
"""Number of the commit that makes `total` slow."""


def edits() -> list[tuple[str, dict[str, str]]]:
    """(title, files) of the import and of twelve commits."""
    text, rows = SHOP, [("Import the release", {"shop/app.py": SHOP, "README.md": "A shop.\n"})]
    for number in range(1, 13):
        if number == CULPRIT:
            loop = "    for i in range(99):\n        i += 1\n    return 2\n"
            text = text.replace("    return 2\n", loop)
            rows.append(("Check each item", {"shop/app.py": text}))
        elif number % 3 == 0:
            rows.append((f"Describe {number}", {"CHANGELOG.md": f"- {number}\n" * number}))
        else:
            name = ("parse", "render", "idle")[number % 3]
            text = text.replace(f"def {name}():\n", f"def {name}():\n    # note {number}\n")
            rows.append((f"Note {number} on {name}", {"shop/app.py": text}))
    return rows


def write_repository(
    folder: Path, commits: Sequence[tuple[str, Mapping[str, str]]], author: str = "Ada Keller"
) -> Repository:
    """(message, files) of each commit -> a repository; one call of git, however many there are."""
    stream = []
    for number, (message, files) in enumerate(commits):
        person = f"{author} <ada@example.invalid> {1767603600 + 60 * number} +0000"
        stream.append(f"commit refs/heads/main\nauthor {person}\ncommitter {person}\n")
        stream.append(block(message))
        stream += [f"M 100644 inline {path}\n{block(text)}" for path, text in files.items()]
    folder.mkdir()
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "fast-import", "--quiet", stdin="".join(stream))
    run_git(folder, "reset", "--quiet", "--hard", "main")
    return Repository(folder)


def block(text: str) -> str:
    return f"data {len(text.encode('utf-8', 'surrogateescape'))}\n{text}\n"


def build_recording(
    before: Mapping[tuple[Function, ...], int],
    after: Mapping[tuple[Function, ...], int],
    n_windows: int = 15,
) -> Recording:
    """Windows of samples, drawn around the counts given, in memory."""
    rng = np.random.default_rng(0)
    stacks = sorted(before.keys() | after.keys())
    functions = sorted({function for stack in stacks for function in stack})
    counts = np.array(
        [
            [max(1, rng.poisson(side.get(stack, 0))) for stack in stacks]
            for side in (before, after)
            for _ in range(n_windows)
        ]
    )
    n = len(counts)
    return Recording(
        service="shop",
        windows=pd.DataFrame({
            "at": pd.date_range("2026-01-05", periods=n, freq="h", tz="UTC"),
            "version": ["base"] * n_windows + ["head"] * n_windows,
            "work": 10.0, "cpu_seconds": counts.sum(axis=1) / 100, "n_samples": counts.sum(axis=1),
        }),
        functions=tuple(functions),
        stack_starts=np.cumsum([0, *map(len, stacks)]),
        stack_functions=np.array([functions.index(f) for stack in stacks for f in stack]),
        sample_windows=np.repeat(np.arange(n), len(stacks)),
        sample_stacks=np.tile(np.arange(len(stacks)), n),
        sample_counts=counts.ravel(),
    )  # fmt: skip


def look_into(recording: Recording, repository: Repository | None, base: str) -> Investigation:
    return Investigation(recording, detected(recording), repository, base, "main")


@cache
def detected(recording: Recording) -> Detection:
    return detect(function_series(recording), stacks=stacks(recording))


@cache
def shop_recording() -> Recording:
    main, parse, total, render, idle = (
        Function(name, "shop/app.py") for name in ("main", "parse", "total", "render", "idle")
    )
    before = {(main, parse): 300, (main, total): 200, (main, render): 300, (main, idle): 100}
    return build_recording(before, before | {(main, total): 800})


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """The plain case: growth in `total`, which commit 7 of 12 changed."""
    repository = write_repository(tmp_path_factory.mktemp("shop") / "repo", edits())
    return look_into(shop_recording(), repository, "main~12")


@pytest.fixture(scope="session")
def bare() -> Investigation:
    """The same profiles with no repository."""
    return look_into(shop_recording(), None, "base")


@pytest.fixture
def make_shop(tmp_path: Path) -> Callable[..., Investigation]:
    """The plain case with other commits on top, as (message, files)."""

    def make(*extra: tuple[str, Mapping[str, str]]) -> Investigation:
        repository = write_repository(tmp_path / "repo", [*edits(), *extra])
        return look_into(shop_recording(), repository, f"main~{12 + len(extra)}")

    return make


HUGE = {"wide": "\U0001f600", "control": "\x01", "not UTF-8": "\udcff"}


@pytest.fixture(scope="session", params=HUGE.values(), ids=HUGE.keys())
def hostile(request, tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """Names, titles, paths, documents and diffs that are all far too long."""
    filler = request.param
    folder = "/".join(["d" * 200] * 8)
    names = [f"f{i}_" + "n" * 2500 for i in range(12)]
    code = "".join(f"def {name}():\n    return 1\n\n\n" for name in names)
    garbage = "".join(f"# wanted {filler * 900}\n" for _ in range(6))
    documents = {f"{folder}/{i:02d}{'p' * 200}.md": garbage for i in range(40)}
    module = f"{folder}/mod.py"
    commits = [("Import", {module: code} | documents)]
    for number in range(12):
        head = f"def {names[number]}():\n"
        code = code.replace(head, f"{head}    print()  # {'long' * 300}\n", 1)
        title = filler.replace("\x01", "?") * 3000
        commits.append((title, {module: code, "a.md": garbage * (1 + number % 2)}))
    author = "A" * 900
    repository = write_repository(tmp_path_factory.mktemp("hostile") / "r", commits, author)
    root = Function("root", "shop/app.py")
    functions = [Function(name, module) for name in names]
    leaves = [Function(f"leaf{i}" + "z" * 3000, "lib.py") for i in range(25)]
    before = {(root, f): 20 for f in functions} | {(root, functions[0], x): 20 for x in leaves}
    after = {stack: 3 * count + 7 * len(stack) for stack, count in before.items()}
    return look_into(build_recording(before, after), repository, "main~12")


@pytest.fixture(scope="session")
def skills() -> dict[str, Any]:
    return {skill.name: skill for skill in load_skills()}


@pytest.fixture
def run(skills) -> Callable[..., Trajectory]:
    """Investigate the first regression, with the playbook or another model."""

    def run(investigation: Investigation, model: Any = None, **kwargs: Any) -> Trajectory:
        regression = investigation.detection.found[0]
        chosen = model or make_model("playbook", skills)
        return investigate(investigation, regression.id, chosen, skills, **kwargs)

    return run


def tool_call(name: str, call_id: str = "1", /, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": call_id}])


@pytest.fixture(scope="session")
def calls() -> Callable[..., AIMessage]:
    """Tool name, call id, arguments -> a message that calls it."""
    return tool_call


@pytest.fixture(scope="session")
def culprit() -> Callable[[Investigation], str]:
    """Investigation -> id of the commit that is to blame."""

    def find(investigation: Investigation) -> str:
        (found,) = [c.id for c in investigation.commits if c.title == "Check each item"]
        return found

    return find


@pytest.fixture(scope="session")
def facts_of() -> Callable[..., str]:
    """Facts as the model reads them."""
    return lambda **facts: json.dumps({"regression_id": "R-1", "grew": []} | facts)
