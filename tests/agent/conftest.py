"""A small shop whose deploy of twelve commits made one function slow, and hostile variants of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from langchain_core.messages import AIMessage

from workbench.agent import (
    Investigation,
    Trajectory,
    Workspace,
    investigate,
    load_skills,
    make_model,
)
from workbench.detect import detect
from workbench.history import Repository, run_git
from workbench.ingest import read
from workbench.signals import function_series, stacks
from workbench.store import Store, WindowProfile
from workbench.types import (
    Amount,
    Detection,
    Function,
    Opportunity,
    Recording,
    Records,
    Regression,
)

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
    find = (lambda: made_opportunities("", 3)) if repository else None
    return Investigation(
        recording, detected(recording), repository, base, "main", find_opportunities=find
    )


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
    return grow(request.param, tmp_path_factory.mktemp("hostile") / "r")


def grow(filler: str, place: Path) -> Investigation:
    """Build an investigation in which everything is far too long."""
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
    repository = write_repository(place, commits, author)
    root = Function("root", "shop/app.py")
    functions = [Function(name, module) for name in names]
    leaves = [Function(f"leaf{i}" + "z" * 3000, "lib.py") for i in range(25)]
    before = {(root, f): 20 for f in functions} | {(root, functions[0], x): 20 for x in leaves}
    after = {stack: 3 * count + 7 * len(stack) for stack, count in before.items()}
    return look_into(build_recording(before, after), repository, "main~12")


@pytest.fixture(scope="session")
def skills() -> dict[str, Any]:
    return {skill.name: skill for skill in load_skills(side="defense")}


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


START = datetime(2026, 1, 5, tzinfo=UTC)


def hour(window: float) -> datetime:
    """Time of a window of the shop."""
    return START + timedelta(hours=window)


def shop_records() -> dict[str, list[dict[str, Any]]]:
    """What is told of the shop beside its profiles, in numbers that can be reckoned by hand."""
    flag = {"kind": "flag", "service": "shop", "key": "fast_total", "author": "Mara Lind"}
    measured = [
        {"service": "shop", "subject": endpoint, "metric": metric, "unit": unit, "at": hour(window),
         "value": value}
        for window in range(30)
        for endpoint, requests, cpu_ms in (("Cart", 100, 2.0 if window < 15 else 5.0),
                                           ("Pay", 50, 1.0))
        for metric, unit, value in (("requests", "requests", requests), ("cpu_ms", "ms", cpu_ms),
                                    ("latency_p99_ms", "ms", 10 * cpu_ms))
    ]  # fmt: skip
    results = [
        {"experiment": "EXP-1", "arm": arm, "metric": "cpu_ms", "at": hour(at), "n": 100,
         "mean": mean, "low": mean - 0.1959964, "high": mean + 0.1959964}
        for at in (11, 12)
        for arm, mean in (("control", 2.0), ("treatment", 3.0))
    ]  # fmt: skip
    return {
        "changes": [
            flag | {"id": "FLG-1", "at": hour(3), "before": "0", "after": "0.1", "title": "Try it"},
            flag | {"id": "FLG-2", "at": hour(15), "before": "0.1", "after": "1", "title": "Go"},
            {"id": "CFG-1", "kind": "config", "service": "shop", "key": "cache_size",
             "at": hour(20), "before": "100", "after": "10", "title": "Save memory",
             "author": "Oskar Brandt", "detail": "config cache_size: 100 -> 10"},
        ],
        "experiments": [
            {"id": "EXP-1", "service": "shop", "title": "Blue", "start": hour(10), "end": hour(20),
             "arms": ["control", "treatment"]},
            {"id": "EXP-2", "service": "shop", "title": "Red", "start": hour(22), "arms": ["a"]},
        ],
        "experiment_results": results,
        "measurements": measured,
        "services": [{"service": "shop", "servers": 1000, "watts": 250.0, "owner": "Shop"}],
        "documents": [
            {"id": "review-7", "service": "shop", "title": "Review of the checkout outage",
             "at": hour(-100), "text": "Totals were slow.\nThe cache of prices was too small.\n"},
        ],
        "past_cases": [
            {"id": "C-1", "service": "shop", "at": hour(-900), "title": "Totals got slow",
             "subject": "shop.app:total", "category": "quadratic loop", "cause": "a nested loop",
             "mitigation": "reverted", "change": "abc"},
            {"id": "C-2", "service": "shop", "at": hour(-800), "title": "Parser leaked memory",
             "subject": "shop.app:parse", "category": "leak", "cause": "a list that grew",
             "mitigation": "cleared", "change": ""},
        ],
    }  # fmt: skip


def shop_windows(commits: tuple[str, str], service: str = "shop") -> list[WindowProfile]:
    """The shop's windows as profiles: 15 of the first commit, 15 of the second."""
    recording = shop_recording()
    windows = []
    for window in range(recording.n_windows):
        chosen = recording.sample_windows == window
        lines = [
            ";".join(f"{f.name} ({f.file})" for f in recording.stack(stack)) + f" {count}"
            for stack, count in zip(
                recording.sample_stacks[chosen], recording.sample_counts[chosen], strict=True
            )
        ]
        told = recording.windows.iloc[window]
        profile = read("\n".join([*lines, ""]).encode(), format="folded")
        version = commits[window >= 15]
        windows.append(WindowProfile(
            profile, service, version, hour(window), float(told["work"]), float(told["cpu_seconds"])
        ))  # fmt: skip
    return windows


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Leave the user's cache alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders: `repo`, a `store` of the shop alone, and `two`, of the shop and another service."""
    top = tmp_path_factory.mktemp("shelf")
    guides = {
        "docs/totals.md": "# Totals\n\nHow totals are added.\n",
        "big.txt": "x" * 5_000_000,
        "long.py": f"x = {'a' * 40_000}!\\n" * 40,
        "odd[1]*.py": "found = 1\\n",
    }
    repository = write_repository(top / "repo", [*edits(), ("Guide", guides)])
    run_git(repository.folder, "tag", "v1", "main~13")
    commits = repository.resolve("main~13"), repository.resolve("main")
    for name in ("store", "two"):
        store = Store.create(top / name)
        store.add_all(shop_windows(commits))
        for table, rows in shop_records().items():
            store.put(table, rows)
    store.add_all(shop_windows(commits, "till"))
    return {name: top / name for name in ("repo", "store", "two")}


LEDGER = {
    ("main", "parse"): [30] * 8,
    ("main", "total", "loop"): [20, 20, 24, 16, 60, 60, 60, 60],
    ("main", "total"): [10] * 8,
    ("main", "idle"): [40] * 8,
}
"""Samples of each stack in eight windows of ten rounds at 100 Hz: as many CPU ms per round."""


@pytest.fixture(scope="session")
def ledger(shelf: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """Eight windows whose every number can be reckoned by hand; `loop` grew at window 4."""
    functions = tuple(
        Function(name, "shop/app.py") for name in ("main", "parse", "total", "loop", "idle")
    )
    place = {function.name: number for number, function in enumerate(functions)}
    counts = np.array([*LEDGER.values()])
    recording = Recording(
        service="shop",
        windows=pd.DataFrame({
            "at": pd.date_range(START, periods=8, freq="h"),
            "version": ["v1"] * 4 + ["main"] * 4, "work": 10.0,
            "cpu_seconds": counts.sum(axis=0) / 100, "n_samples": counts.sum(axis=0),
        }),
        functions=functions,
        stack_starts=np.cumsum([0, *map(len, LEDGER)]),
        stack_functions=np.array([place[name] for stack in LEDGER for name in stack]),
        sample_windows=np.tile(np.arange(8), len(LEDGER)),
        sample_stacks=np.repeat(np.arange(len(LEDGER)), 8),
        sample_counts=counts.ravel(),
    )  # fmt: skip
    grown = Regression(
        "R-1", "shop.app:loop", "cost", 4, 4, 4, 0.02, 0.06, 0.0, ("shop.app:total",),
        delta_low=0.035, delta_high=0.045, at=pd.Timestamp(hour(4)),
    )  # fmt: skip
    slow = Regression("R-2", "Cart", "latency_p99_ms", 4, 4, 4, 20.0, 50.0, 0.0)
    detection = Detection((grown, slow), (), pd.DataFrame(), pd.DataFrame())
    store = Store.create(tmp_path_factory.mktemp("ledger") / "store")
    for table, rows in shop_records().items():
        store.put(table, rows)
    records = Records(**{name: store.table(name) for name in Records.__slots__})
    return Investigation(recording, detection, Repository(shelf["repo"]), "v1", "main", records)


@pytest.fixture(scope="session")
def shelf_shop(shelf: dict[str, Path]) -> Investigation:
    """The shop as it is opened from the shelf."""
    return Workspace(
        shelf["store"], shelf["repo"], find_opportunities=lambda *told: made_opportunities("", 30)
    ).investigation()


def made_opportunities(text: str, n: int, file: str = "shop/app.py") -> list[Opportunity]:
    """Return opportunities of the shop's function `total`, each told with more text."""
    amount = Amount(0.02, 0.01, 0.03)
    told = tuple(f"{file}:{i}: the same is counted{text}" for i in range(4))
    return [
        Opportunity(
            f"{i:012x}", f"shop{text}", f"shop.app:total{text}", file, 9, 12, "invariant_call",
            f"Count before the loop, in total{text}", 0.04 + i / 1e4, amount, amount.times(9e3),
            0.7, 0.25, "hoist", told, told, told, told, f"shop-team{text}",
        )
        for i in range(n)
    ]  # fmt: skip


@pytest.fixture
def shop_opportunity() -> Callable[[], Opportunity]:
    """Return one opportunity of the shop."""
    return lambda: made_opportunities("", 1)[0]


HUGE_TEXT = "\U0001f600\x01" * 1500


@pytest.fixture(scope="session")
def overgrown(shelf_shop: Investigation, tmp_path_factory: pytest.TempPathFactory) -> Investigation:
    """The hostile fixture, wide, with records whose texts are all far too long, and many of each."""
    hostile = grow(HUGE["wide"], tmp_path_factory.mktemp("overgrown") / "r")
    told = shelf_shop.records
    assert told is not None
    tables = {}
    for name in Records.__slots__:
        rows = getattr(told, name)
        again = [
            rows.assign(**{"id": rows["id"] + "x" * n}) if "id" in rows else rows for n in range(12)
        ]
        grown = pd.concat(again, ignore_index=True)
        for column in ("title", "author", "detail", "key", "before", "after", "text", "subject",
                       "category", "cause", "mitigation", "change"):  # fmt: skip
            if column in grown and name != "measurements":
                grown[column] = grown[column] + HUGE_TEXT
        tables[name] = grown
    many = [tables["measurements"].assign(subject=f"{n}{HUGE_TEXT}") for n in range(60)]
    tables["measurements"] = pd.concat([many[0].iloc[:30], *(part.iloc[:4] for part in many)])
    results = tables["experiment_results"]
    wide = [results.assign(arm=f"{n}{HUGE_TEXT}", metric=HUGE_TEXT) for n in range(40)]
    tables["experiment_results"] = pd.concat([part.iloc[:4] for part in wide])
    tables["experiments"]["arms"] = [[f"{n}{HUGE_TEXT}" for n in range(40)]] * len(
        tables["experiments"]
    )
    return Investigation(
        hostile.recording, hostile.detection, hostile.repository, hostile.base, hostile.head,
        Records(**tables), find_opportunities=lambda: made_opportunities(HUGE_TEXT, 60),
    )  # fmt: skip
